#include "cp_options.hpp"

namespace sluice::tool {

namespace {

constexpr char before_pairs[] =
    R"(Usage: sluice cp [OPTION]... [-T] SOURCE DEST
       sluice cp [OPTION]... SOURCE... DIRECTORY
       sluice cp [OPTION]... -t DIRECTORY SOURCE...
Copy files and trees, on all cores, with the options of GNU cp.

What to copy
  -r, -R, --recursive          directories with all that is in them
  -a, --archive                same as -dR --preserve=all
  -x, --one-file-system        stay on the source's file system
      --copy-contents          in trees, read FIFOs and devices as files
      --attributes-only        no bytes, only what is to be kept
  -l, --link                   hard links instead of copies
  -s, --symbolic-link          symbolic links instead of copies
Symbolic links
  -P, --no-dereference         copy links as links (the default with -r)
  -L, --dereference            copy what they point to (the default without -r)
  -H                           follow only those named on the command line
  -d                           same as -P --preserve=links
What to keep
  -p                           same as --preserve=mode,ownership,timestamps
      --preserve[=LIST]        mode, ownership, timestamps, links, context,
                                 xattr, all
      --no-preserve=LIST       what not to keep
  -Z, --context[=CTX]          the SELinux context of what is made; without CTX
                                 the type that the policy has for its path.
                                 Without SELinux it is ignored
Existing targets
  -f, --force                  remove a target that can't be opened, try again
      --remove-destination     remove every target before it is made
  -i, --interactive            ask before a file is overwritten
  -n, --no-clobber             leave existing files alone
  -u, --update                 replace only what is older than the source
  -b, --backup[=CONTROL]       keep what was there under another name
  -S, --suffix=SUFFIX          the backup's suffix, otherwise ~ or
                                 SIMPLE_BACKUP_SUFFIX
Where to
  -t, --target-directory=DIR   copy all sources into DIR
  -T, --no-target-directory    DEST is the own name, even if it is a directory
      --parents                keep the sources' directories below DIRECTORY
      --strip-trailing-slashes  from each SOURCE
How
      --sparse=WHEN            holes: auto (where the source has them), always
                                 (wherever there are zeros), never
      --reflink[=WHEN]         shared blocks: always, auto (the default), never
      --atomic                 each name means nothing, what it meant before, or
                                 the whole copy, at any moment
      --fsync                  a copy that succeeded outlasts a crash
      --resume                 go on where such a copy was interrupted; what is
                                 done is written down beside DEST until all is
      --verify                 read again what was written, past the cache if
                                 possible, and compare
      --jobs=N                 threads (default: cores + 1, or 1 on one core)
      --bwlimit=RATE           at most RATE bytes a second: 500K, 20M, 1GB
      --dry-run                say what -v would say, and do nothing
      --exclude=PATTERN        leave out what matches, as du does (repeatable)
Output
  -v, --verbose                name each file as it is copied
      --progress               on a terminal: how much is done, how fast,
                                 and how long it will take
      --json                   an object a line: with -v for each file as it is
                                 copied, then a summary
      --stats                  tell how the work was done, on standard error
      --help                   this text
      --version                the version

)";

constexpr char after_pairs[] =
    R"(
CONTROL, or VERSION_CONTROL in the environment: none or off; numbered or t;
existing or nil, which is numbered where there are numbered ones; simple or
never. With -i, -v or backups one thing is done after another.
A file that could not be copied whole is not left behind, unless it was there
before. Exit status: 0 if all was copied, 1 otherwise.

  sluice cp -a ~/project /backup     a faithful copy of a tree
  sluice cp -ru photos /mnt/disk     only what is new or newer
)";

}  // namespace

std::string cp_help() {
  return before_pairs + ("Not together\n" + pairs_for_help()) + after_pairs;
}

}  // namespace sluice::tool

#include "du_options.hpp"

namespace sluice::tool {

namespace {

constexpr char before_pairs[] =
    "Usage: sluice du [OPTION]... [PATH]...\n"
    "What trees take on the disk, directory by directory; the present directory if\n"
    "no PATH is given. Options, lines and their order are those of GNU du.\n"
    "\n"
    "What is counted:\n"
    "      --apparent-size    the sizes of files, not what they take on the disk\n"
    "      --inodes           how many entries, not how much\n"
    "  -l, --count-links      hard links again for each of their names\n"
    "  -D, -H, --dereference-args  what PATHs that are symbolic links point to\n"
    "  -L, --dereference      what all symbolic links point to\n"
    "  -P, --no-dereference   what no symbolic link points to (the default)\n"
    "  -S, --separate-dirs    directories without their subdirectories\n"
    "  -x, --one-file-system  only what is on the same file system as the PATH\n"
    "      --exclude=PATTERN  all but these; -X, --exclude-from=FILE: one a line\n"
    "      --files0-from=F    PATHs from F (-: standard input), each ended by NUL\n"
    "Which lines are printed:\n"
    "  -a, --all              for every entry, not only for directories\n"
    "  -c, --total            a total of all PATHs at the end\n"
    "  -d, --max-depth=N      only down to N levels below each PATH\n"
    "  -s, --summarize        only one for each PATH\n"
    "  -t, --threshold=SIZE   not those below SIZE; above it if negative\n"
    "      --top=N            only the N largest, sorted\n"
    "  -0, --null             ended by NUL, not by newline\n"
    "      --time[=WORD]      with the newest time below: of modification, or atime,\n"
    "                         ctime; --time-style=full-iso, long-iso, iso, +FORMAT\n"
    "      --json             an object a line, sizes in bytes\n"
    "In which unit (rounded up):\n"
    "  -B, --block-size=SIZE  SIZE bytes: 512, K, MiB, GB, human-readable, si...\n"
    "  -b, --bytes            as --apparent-size --block-size=1\n"
    "  -h, --human-readable   1K 234M 2G; --si: in powers of 1000\n"
    "  -k, -m                 as --block-size=1K, --block-size=1M\n"
    "And:\n"
    "      --jobs=N           N threads (default: cores + 4, or 1 on one core)\n"
    "      --progress         tells on the terminal how far it is\n"
    "      --stats            tells on stderr which operations were done, which way\n"
    "      --help, --version\n"
    "\n";

constexpr char after_pairs[] =
    "\n"
    "-k and -m count as --block-size; what the environment says about units does not.\n"
    "Without such an option the unit is DU_BLOCK_SIZE, BLOCK_SIZE or BLOCKSIZE from\n"
    "the environment, else 1024 bytes (512 if POSIXLY_CORRECT is set).\n"
    "\n"
    "Examples:\n"
    "  sluice du -sh /usr /var\n"
    "  sluice du -xah --top 20 /     the largest things on a file system\n";

}  // namespace

std::string du_help() {
  return before_pairs + ("Not together:\n" + du_pairs_for_help()) + after_pairs;
}

}  // namespace sluice::tool

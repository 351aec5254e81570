// Copying trees, on all cores, between any spaces.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>

#include "sluice/fs/copy_stopper.hpp"
#include "sluice/fs/walk.hpp"

namespace sluice::inline v0 {

enum class follow_links : std::uint8_t { never, operands, always };
/// What becomes of files that stand there already; `ask` asks the listener about each.
enum class overwrite_mode : std::uint8_t { always, never, ask };
/// What is made of a file: a copy, one without the bytes, or a link to it.
enum class copy_kind : std::uint8_t { whole, attributes, hard_link, symlink };
/// Holes: as the source has them, also where it has zeros, or none.
enum class sparse_mode : std::uint8_t { as_source, always, never };
/// Shared blocks: where possible, or else it is a failure, or not.
enum class reflink_mode : std::uint8_t { automatic, always, never };
/// `existing`: numbered where there are numbered ones, simple elsewhere.
enum class backup_mode : std::uint8_t { none, simple, existing, numbered };

/// What a copy has done so far. It may be looked at from any thread while it grows.
struct copy_tally {
  std::atomic<std::uint64_t> bytes = 0;        // of contents, with holes and shared blocks
  std::atomic<std::uint64_t> files = 0;        // made or written over: all but directories
  std::atomic<std::uint64_t> directories = 0;  // made
  std::atomic<std::uint64_t> left = 0;         // files that stayed as they were, or were not copied
  std::atomic<std::uint64_t> bytes_left = 0;   // what those have, where that is known
};

struct copy_options {
  bool recursive = false;
  follow_links follow = follow_links::always;
  overwrite_mode overwrite = overwrite_mode::always;
  copy_kind kind = copy_kind::whole;
  sparse_mode sparse = sparse_mode::as_source;
  reflink_mode reflink = reflink_mode::automatic;
  backup_mode backup = backup_mode::none;
  std::string backup_suffix = "~";
  bool backs_up_itself = false;  // with `backup`: a file onto its own name becomes its backup
  bool only_newer = false;       // leave what is not older than its source
  bool force = false;            // remove a target that can't be opened, and try again
  bool remove_first = false;     // remove every target before it is made
  bool contents_of_special = false;  // read FIFOs and devices in trees, too
  bool through_dangling = false;     // make what a target's dangling link names
  bool preserve_mode = false;    // with access control lists
  bool preserve_owner = false;
  bool preserve_times = false;
  bool preserve_links = false;
  bool preserve_xattrs = false;
  /// Security contexts, which systems with SELinux keep in the attribute `security.selinux`: those of
  /// the sources, also for what is written over; or this one for all that is made. With
  /// `require_context` a file whose source has none, or that can't get it, is a failure and not copied.
  bool preserve_context = false;
  bool require_context = false;
  std::string context;
  /// Or the one that this says, also for what is written over: asked with the target's path, relative to
  /// `to`, what is there, and the context it has now, empty where it has none; the path may still mean
  /// something else. If it returns an empty one, what was there keeps its own. From any of the crew's
  /// threads, several at the same time; a thread waits for it.
  std::function<result<std::string>(const std::string& target, file_type is, const std::string& now)>
      context_for;
  bool plain_mode = false;       // what is new gets the mode that any new file gets
  bool require = false;          // mode, owner or times that can't be kept are a failure
  bool require_xattrs = false;   // one that the target can't have is a failure
  bool silent_xattrs = false;    // one that can't be kept is not even told
  bool one_file_system = false;
  /// Under every target's name there is nothing, what was there before, or a whole copy, at any
  /// moment. A target that is a link is followed; owner, mode and access control lists of what is
  /// replaced stay. What is no regular file is not replaced by one, and what has other names, which
  /// were not made by this copy, by nothing.
  bool atomic = false;
  /// A copy that succeeded outlasts a crash: files, their names and directories are synced.
  bool durable = false;
  /// Remembers in `journal` what is done, and passes by what an earlier copy with the same journal did
  /// and nobody changed since. The journal is removed when all has succeeded.
  bool resume = false;
  /// What was written is synced, read again, past the page cache if possible, and compared.
  bool verify = false;
  /// Finds out and tells what would be done, one thing after another (for a crew of one), and
  /// changes nothing: the listener hears what it would hear, and may_overwrite is asked. Whether a
  /// target may be written, whether there is room, and what can't be kept only shows when it is
  /// tried, and is not told.
  bool dry_run = false;
  /// Bytes a second that are read and written at most, by all files together; 0: as fast as it
  /// goes. Shared blocks and holes cost nothing.
  std::uint64_t bytes_per_second = 0;
  /// Ask the listener which sources to leave out.
  bool filtered = false;
  /// Is told how much has been done; outlives the copy. May be null.
  copy_tally* tally = nullptr;
  /// One thing after another, in the order of GNU cp. For a crew of one, or the words of several
  /// operands' copies mix.
  bool in_order = false;
  /// Operands are told apart: one that comes twice is passed by with a warning, and none overwrites
  /// what another made.
  bool no_collisions = true;
  /// A path relative to `to`: nothing is there, or what another copy left.
  std::string journal;
  /// What the journal's paths are relative to: the path that all operands' targets begin with.
  std::string journal_base;
  /// Facts about the process: what the target's space takes from the modes of what is made there
  /// (the system does so; in memory it is 0), and whether it may give files away.
  std::uint16_t umask = 022;
  bool privileged = false;
  /// Whose a journal has to be; keep_id: anybody's.
  std::uint32_t user = keep_id;
  /// Another after each start of the machine: without it a journal only counts what was synced.
  std::string boot;
  /// For the names of temporaries, which nobody else should use: random.
  std::uint64_t unique = 0;
  /// Ends the copy early; outlives it. May be null.
  copy_stopper* stop = nullptr;
};

/// What could not be done. The copy went on without it.
enum class copy_step : std::uint8_t {
  stat_source,
  open_source,
  read_source,
  read_directory,
  read_link,
  stat_target,
  remove_target,
  create_file,
  open_target,
  create_directory,
  create_symlink,
  create_fifo,
  create_special,
  create_link,
  create_link_to,     // a symbolic link instead of a copy
  write_target,
  copy_bytes,         // one side or the other
  clone,
  set_size,
  set_owner,
  set_mode,
  open_up,            // a directory that is to be filled
  set_times,
  list_xattrs,
  set_xattr,
  get_context,
  set_context,
  back_up,
  restore_backup,
  stat_parent,        // of parents that are to be made
  make_parent,
  sync_target,
  sync_directory,
  verify_target,      // reading it again failed
  open_journal,
  write_journal,      // what follows could not be resumed
  // those without an error code
  omit_directory,
  same_file,
  into_itself,
  directory_over_other,
  other_over_directory,
  dangling_target,
  just_created,
  through_just_created,
  cyclic_link,
  link_to_directory,  // a directory that was copied before, here the source, under another name
  replaced_source,
  replaced_target,    // what is there now is not what was to be written over
  backup_is_source,
  relative_link,      // only possible where the target lies in the current directory
  not_a_directory,    // a parent that is to be made
  unknown_type,
  no_room_left,       // not begun: the target's file system is full
  not_regular,        // a target that can't be replaced by a file
  several_names,      // the same, because it has other names
  differs,            // what is read back is not what was copied
  source_changed,     // what is read back is not what the source has become
  journal_in_use,     // another copy's
  no_journal,         // its name is something else's
  incomplete,         // a target that was not made by this copy, and so was not removed
  // these are warnings
  repeated_file,
  repeated_directory,
  source_grew,
  source_shrank,
  source_rewritten    // of the same size, but no longer what it was when it was opened
};

struct copy_problem {
  copy_step step;
  std::string source, target;
  error why;
  std::string detail = {};  // the attribute's name, where it is about one
  bool failure = true;      // or only worth a word: the copy counts as done without it
};

/// What `verify` has compared, and how it was read.
struct copy_verified {
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t direct = 0;   // bytes past the page cache
  std::uint64_t dropped = 0;  // bytes after the page cache was asked to forget them
  std::uint64_t cached = 0;   // bytes that may never have left memory
};

/// Hears of what happens, from any of the crew's threads, one call at a time.
class copy_listener {
 public:
  virtual ~copy_listener() = default;
  virtual void failed(const copy_problem& p) = 0;
  /// `source` is about to appear as `target`, after what was there became `backup`, if that is not
  /// empty. This and the next three are only called if wants_names() is true.
  virtual void copying(const std::string& source, const std::string& target,
                       const std::string& backup) = 0;
  virtual void removed(const std::string& target) = 0;
  /// A directory above an operand's target was made.
  virtual void made_parent(const std::string&, const std::string&) {}
  virtual void restored(const std::string&, const std::string&) {}
  virtual bool wants_names() const noexcept { return false; }
  /// Once, at the end of a copy that was to be verified.
  virtual void verified(const copy_verified&) {}
  /// With `filtered`: an operand's path or one below it is passed by as if it were not there, a
  /// directory with all that is in it. From any thread, several at the same time.
  virtual bool skips(const std::string& /*source*/) { return false; }
  /// For overwrite_mode::ask; `there` is what stands under the name. It may block.
  virtual bool may_overwrite(const std::string&, const file_status&) { return false; }
};

/// One source and the name it gets, paths relative to `from` and `to`.
struct copy_operand {
  std::string source, target;
  /// If not 0: `target` is a directory's path and, from here on, the whole `source`; the directories
  /// that this names are made where missing, after those above the source.
  std::size_t parents = 0;
};

/// Copies the operands one after another; the insides of a directory on all cores. Blocks until all
/// is done, on a thread that runs no loop. Returns true if nothing failed.
///
/// A file that was made under a target's name and could not be filled is removed again, if the name
/// still means that file. What was not made here, or is no regular file, stays and is told to be
/// incomplete. When the target's file system is full, no further bytes are written to it.
///
/// Symbolic links in a tree are followed only if asked for; below a target directory nothing is
/// reached through a link that lies there in place of a directory. The directory that a target's last
/// name lies in, and those that `parents` asks for, are looked up once, through links that are there:
/// whatever their names come to mean meanwhile, later operands that tell the same path go to the same
/// directories, or fail.
bool copy_trees(crew& c, const dir& from, const dir& to, std::span<const copy_operand> operands,
                const copy_options& options, std::size_t open_directories,
                copy_listener& listener);

}  // namespace sluice::inline v0

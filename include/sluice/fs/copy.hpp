// Copying trees, on all cores, between any spaces.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>

#include "sluice/fs/walk.hpp"

namespace sluice::inline v0 {

enum class follow_links : std::uint8_t { never, operands, always };
enum class overwrite_mode : std::uint8_t { always, never, if_older };

struct copy_options {
  bool recursive = false;
  follow_links follow = follow_links::always;
  overwrite_mode overwrite = overwrite_mode::always;
  bool force = false;            // remove a target that can't be opened, and try again
  bool preserve_mode = false;    // with access control lists
  bool preserve_owner = false;
  bool preserve_times = false;
  bool preserve_links = false;
  bool preserve_xattrs = false;
  bool require_xattrs = false;   // one that the target can't have is a failure
  bool one_file_system = false;
  /// Facts about the process: what the target's space takes from the modes of what is made there
  /// (the system does so; in memory it is 0), and whether it may give files away.
  std::uint16_t umask = 022;
  bool privileged = false;
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
  create_directory,
  create_symlink,
  create_special,
  create_link,
  open_target,
  write_target,
  set_size,
  set_owner,
  set_mode,
  set_times,
  set_xattr,
  // those without an error code
  omit_directory,
  same_file,
  into_itself,
  directory_over_other,
  other_over_directory,
  dangling_target,
  just_created,
  cyclic_link,
  replaced_source,
  // these are warnings
  repeated_file,
  repeated_directory
};

struct copy_problem {
  copy_step step;
  std::string source, target;
  error why;
};

/// Hears of what happens, from any of the crew's threads, one call at a time.
class copy_listener {
 public:
  virtual ~copy_listener() = default;
  virtual void failed(const copy_problem& p) = 0;
  /// `source` is about to appear as `target`. Only called if wants_names() is true.
  virtual void copying(const std::string& source, const std::string& target) = 0;
  virtual void removed(const std::string& target) = 0;
  virtual bool wants_names() const noexcept { return false; }
};

/// One source and the name it gets, paths relative to `from` and `to`.
struct copy_operand {
  std::string source, target;
};

/// Copies the operands one after another; the insides of a directory on all cores. Blocks until all
/// is done, on a thread that runs no loop. Returns true if nothing failed. What was begun under a
/// target's name and could not be finished is reported.
///
/// Symbolic links in a tree are followed only if asked for; below a target directory nothing is
/// reached through a link that lies there in place of a directory.
bool copy_trees(crew& c, const dir& from, const dir& to, std::span<const copy_operand> operands,
                const copy_options& options, std::size_t open_directories,
                copy_listener& listener);

}  // namespace sluice::inline v0

// From a path that a stranger gave to an open file beneath the served directory.
#pragma once

#include <atomic>

#include "sluice/core/task.hpp"
#include "sluice/fs/dir.hpp"

namespace sluice::serve {

/// Whether what failed so should be tried again, now, after so many times: a loop closes what was dropped
/// a little later, and whoever counts descriptors can be ahead of it.
task<bool> some_may_be_closed(error lacks, unsigned tried);

/// What lies beneath a directory, and nothing else, whatever links say and whoever moves them
/// meanwhile: the system confines the look-up. Where it can't, each component is opened by itself, and
/// links are not followed at all. Any thread.
class beneath {
 public:
  /// Finds out which of both it is.
  explicit beneath(dir root);

  bool confined_by_system() const noexcept { return confined_; }

  /// Opens what is there for reading, of whatever type; never waits for a peer or a device. `path` is
  /// relative, without "." and "..", except for "." itself. It is changed while it is looked up.
  task<result<file>> open(char* path) const;
  task<result<dir>> open_dir(char* path) const;

 private:
  template <class Handle>
  task<result<Handle>> find(char* path) const;
  template <class Handle>
  task<result<Handle>> step_by_step(char* path) const;

  dir root_;
  bool confined_ = true;
};

}  // namespace sluice::serve

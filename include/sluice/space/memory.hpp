// A file system that lives in this process: for tests, for scratch data, for programs that must
// not touch a disk.
#pragma once

#include <memory>

#include "sluice/fs/dir.hpp"

namespace sluice::inline v0 {

namespace memory {
class store;
}

/// Directories and regular files in memory, with the meanings and the errors of Linux. It checks
/// no permissions and applies no umask; sync has nothing to do. Files are sparse: what was never
/// written takes no memory. Operations it lacks complete with errc::not_supported: links of all
/// kinds, rename, extended attributes, devices, locks, ranges, streams.
///
/// Serves every loop, and sluice::sync. Every operation is carried out under one mutex and has
/// finished when its submission returns, so none can be cancelled. A file that was unlinked lives
/// until its last handle ends. The space must outlive its handles.
class memory_space final : public space {
 public:
  /// Tells the time for the files' timestamps.
  using clock = timestamp (*)() noexcept;

  /// Throws std::bad_alloc.
  explicit memory_space(clock tell_time = system_time);
  ~memory_space();

  /// A new handle for the root directory. Throws std::bad_alloc.
  [[nodiscard]] dir root();

  /// The machine's own idea of the date.
  static timestamp system_time() noexcept;

  memory::store& nodes() noexcept { return *nodes_; }

 private:
  std::unique_ptr<memory::store> nodes_;
};

}  // namespace sluice::inline v0

// A file system that lives in this process: for tests, for scratch data, for programs that must
// not touch a disk.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/fs/dir.hpp"

namespace sluice::inline v0 {

namespace memory {
class store;
}

struct memory_options {
  using clock = timestamp (*)() noexcept;

  /// Tells the time for the files' timestamps; null: memory_space::system_time.
  clock tell_time = nullptr;
  /// How much room all files' contents may take, in bytes and counted in blocks of 4096. Names,
  /// links and attributes do not count. More is errc::no_space.
  std::uint64_t byte_limit = UINT64_MAX;
};

/// A whole file system in memory, with the meanings and the errors of Linux (its tmpfs): sparse
/// files, directories, hard and symbolic links, FIFOs and devices as names, extended attributes,
/// times, locks. A file that was unlinked lives until its last handle ends.
///
/// It has one user, who may do everything: owners and modes are kept and not asked, and no umask is
/// applied. Sync has nothing to do. What differs:
/// - Devices and sockets can't be opened but as a location (errc::not_found, as without a driver).
///   FIFOs can, and carry no bytes; one whose peer would have to be waited for is not_supported.
/// - Extended attributes are those of "user.", "trusted." and "security."; there are no access
///   control lists (not_supported).
/// - Streams, signals and children, and the modes of `allocate` that shift or zero, are
///   errc::not_supported. `clone` copies.
///
/// Serves every loop, and sluice::sync. Operations are carried out under one mutex, and have
/// finished when their submission returns, so they can't be cancelled; but a lock that is waited
/// for can, always, and so can a sleep. The space must outlive its handles.
class memory_space final : public space {
 public:
  using clock = memory_options::clock;

  /// Throws std::bad_alloc.
  explicit memory_space(const memory_options& options = {});
  explicit memory_space(clock tell_time);
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

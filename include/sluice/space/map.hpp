// Files that are maps of other files: what virtual memory is to physical memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sluice/space/backing.hpp"
#include "sluice/space/split.hpp"

namespace sluice::inline v0 {

/// A range of a mapped file, and where its bytes are.
struct map_extent {
  std::uint64_t offset = 0;       // in the mapped file
  std::uint64_t size = 0;         // at least 1
  std::size_t file = 0;           // which of the backing files
  std::uint64_t file_offset = 0;  // there
  bool writable = true;
};

/// A space of files that are made of extents of others, of any spaces, with holes between them.
///
/// A mapped file has a fixed size. Holes read as zeros, and so does what a backing file lacks at
/// its end. Writing is errc::no_space in a hole and behind the end, and errc::read_only in an extent
/// that is not writable; bytes before that are written. Extents are carried out at once, as far as
/// the slab allows. `stat` tells size and type, `sync` is a sync of every backing file, `close` ends
/// what is in flight and closes the files that are owned. All else is errc::not_supported.
///
/// Serves every loop. It must outlive its files, and every backing file's space the map's files. A
/// handle must not be used after its close: ids are not checked.
class map_space final : public space {
 public:
  /// Throws std::bad_alloc.
  explicit map_space(const split_options& options = {});
  ~map_space();

  /// A mapped file of `size` bytes. errc::invalid unless the extents are sorted, apart from each
  /// other, within that size, and name files that there are. Throws std::bad_alloc.
  [[nodiscard]] result<file> make(std::vector<backing> files, std::vector<map_extent> extents,
                                  std::uint64_t size);

  splitter& parts() noexcept { return parts_; }

 private:
  splitter parts_;
};

}  // namespace sluice::inline v0

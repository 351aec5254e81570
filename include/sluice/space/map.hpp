// Files that are maps of other files: what virtual memory is to physical memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sluice/core/task.hpp"
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

  /// The size of a last extent that grows.
  static constexpr std::uint64_t open_end = UINT64_MAX;
};

/// A space of files that are made of extents of others, of any spaces, with holes between them.
///
/// A mapped file has a fixed size, or one that grows: then its last extent has no end, and it ends
/// where the last byte lies that its files have, which writes and `truncate` move. Holes read as zeros,
/// and so does what a file lacks before that end. Writing is errc::no_space in a hole and behind a fixed
/// end, and errc::read_only in an extent that is not writable; bytes before that are written. Extents
/// are carried out at once, as far as the slab allows. `stat` tells size and type, `sync` is a sync of
/// every backing file, `close` ends what is in flight and closes the files that are owned.
///
/// `truncate`, where the size grows, cuts or extends the files which have an extent that ends there or
/// behind it, and with them what they have behind their last extent; it takes time in proportion to the
/// number of extents. Where it would have to cut what is not writable it is errc::read_only, and nothing
/// is done. All else, `truncate` of a fixed size included, is errc::not_supported. What others do to the
/// files' sizes is not seen.
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

  /// One that grows: the last extent has the size map_extent::open_end and is writable, and extents of
  /// one file follow each other as there. errc::invalid else; or the error of looking at a file's size.
  /// Throws std::bad_alloc.
  [[nodiscard]] task<result<file>> make_growing(std::vector<backing> files,
                                                std::vector<map_extent> extents);

  splitter& parts() noexcept { return parts_; }

 private:
  splitter parts_;
};

}  // namespace sluice::inline v0

// Files with a memory: blocks that were read are kept, up to a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sluice/space/backing.hpp"
#include "sluice/space/split.hpp"

namespace sluice::inline v0 {

struct cache_options {
  std::size_t block = 64 * 1024;          // bytes that are read at once; at least 1
  std::size_t bytes = std::size_t{64} << 20;  // of blocks that are kept, over all files
  split_options parts;
};

struct cache_statistics {
  std::uint64_t hits = 0;       // blocks, or parts of one, that came from memory
  std::uint64_t misses = 0;     // that had to be read
  std::uint64_t evictions = 0;  // that made room for another
};

namespace cache {
class blocks;
}

/// A space of files that keep blocks of another file in memory. All the memory, for as many whole
/// blocks as the limit has room for, at least one, is taken when the space is made.
///
/// A read that finds its block reads nothing; one that does not reads the whole block, once for all
/// who want it meanwhile. A block that is not used for long makes room for another; when all are
/// being read, or a block can't be read, a read goes past the cache. Writes go through: they complete when
/// the file below has the bytes, and blocks that they touch are dropped, so that a read which begins
/// after a write sees it. Only writes and truncates through the same cached file are noticed; of
/// others, tell by `invalidate`. Two cached files over one file know nothing of each other.
///
/// `sync`, `truncate` and `stat` are those of the file below; `close` ends what is in flight, drops
/// the file's blocks and closes what is owned. All else is errc::not_supported.
///
/// Serves every loop; a mutex guards the table of blocks, and is held neither while bytes are copied
/// nor while anything is submitted. It must outlive its files, and the spaces below them those. A
/// handle must not be used after its close: ids are not checked.
class cache_space final : public space {
 public:
  /// Throws std::bad_alloc.
  explicit cache_space(const cache_options& options = {});
  ~cache_space();

  /// A cached file over this one. Throws std::bad_alloc.
  [[nodiscard]] file make(backing below);

  /// Forgets what is kept of a file of this space. Reads that are under way may still give old bytes,
  /// and leave none behind. Any thread.
  void invalidate(const file& f) noexcept;

  cache_statistics statistics() const noexcept;

  splitter& parts() noexcept { return parts_; }
  cache::blocks& kept() noexcept { return *kept_; }

 private:
  std::unique_ptr<cache::blocks> kept_;
  splitter parts_;
};

}  // namespace sluice::inline v0

// The blocks that a cache keeps.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "sluice/space/cache.hpp"

namespace sluice::inline v0::cache {

/// Whose blocks they are. Guarded by the mutex of the blocks.
struct owner {
  std::uint64_t changes = 0;  // writes and truncates that landed
};

struct block {
  enum class state : std::uint8_t { unused, loading, ready };
  state is = state::unused;
  bool used = false;             // since the hand last came by
  bool listed = false;           // found by its name; a block that was overtaken by a write is not
  unsigned readers = 0;          // that copy out of it
  const owner* of = nullptr;
  const driver* loads = nullptr;  // on whose thread it is loaded
  std::uint64_t index = 0;       // in the file, in blocks
  std::uint64_t changes = 0;     // of the owner when loading began
  std::size_t size = 0;          // of its bytes; less than a block at the end of the file
  std::byte* bytes = nullptr;
  block* next = nullptr;         // in the same bucket
  split_waiter* waiting = nullptr;
};

class blocks {
 public:
  explicit blocks(const cache_options& options);

  const std::size_t block_size;

  enum class found : std::uint8_t { ready, loading, mine, none };
  /// `ready`: to be copied out of, and then `unpin`ned; `loading`: `w` is woken when it is not any
  /// more; `mine`: the caller loads it; `none`: all are busy, or it can't be loaded before `home`
  /// goes on, which asks.
  found look(const owner& of, std::uint64_t index, split_waiter& w, const driver& home,
             block*& at) noexcept;
  void unpin(block& b) noexcept;
  /// The caller has loaded so many bytes; a block without any is not kept.
  void loaded(block& b, std::size_t bytes) noexcept;
  bool forget(split_waiter& w) noexcept;

  /// The range has changed; so has the end of the file, perhaps.
  void drop(owner& of, std::uint64_t offset, std::size_t size) noexcept;
  void drop_all(owner& of) noexcept;

  cache_statistics statistics() const noexcept;

 private:
  block*& bucket_of(const owner& of, std::uint64_t index) noexcept;
  block* find(const owner& of, std::uint64_t index) noexcept;
  block* make_room() noexcept;
  void unlist(block& b) noexcept;
  void overtake(block& b) noexcept;
  template <class Wanted>
  void drop_if(owner& of, Wanted wanted) noexcept;

  struct given_back {
    void operator()(std::byte* memory) const noexcept;
  };

  mutable std::mutex mutex_;
  std::unique_ptr<std::byte, given_back> memory_;
  std::vector<block> all_;
  std::vector<block*> buckets_;
  std::size_t hand_ = 0;
  cache_statistics counts_;
};

}  // namespace sluice::inline v0::cache

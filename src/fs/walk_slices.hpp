// A batch of a large directory's names, cut for whoever has nothing to do.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/fs/entry.hpp"

namespace sluice::inline v0 {

/// The oldest slice goes first, to whoever comes: workers, and the one who read the batch and takes what
/// is left before it reads another. So what is walked ahead of the names' order stays little.
class walk_slices {
 public:
  struct slice {
    std::span<const std::byte> records;
    std::uint64_t first;  // the first entry's place in its directory
  };

  walk_slices(entry_batch whole, std::uint64_t first)
      : records_(whole.bytes().begin(), whole.bytes().end()), first_(first) {
    std::size_t n = 0;
    for (dir_entry e : entry_batch(records_)) {
      if (n++ % entries == 0) cuts_.push_back(entry_batch(records_).offset_of(e));
    }
  }

  static constexpr std::size_t entries = 256;  // in each but the last
  std::size_t size() const noexcept { return cuts_.size(); }

  /// One that was taken has been walked. After the last nobody needs the names, though helpers that come
  /// too late still look in.
  void walked() noexcept {
    if (walked_.fetch_add(1, std::memory_order_acq_rel) + 1 == cuts_.size()) records_ = {};
  }
  bool all_walked() const noexcept {
    return walked_.load(std::memory_order_acquire) == cuts_.size();
  }

  /// None when all are taken.
  std::optional<slice> take() noexcept {
    const std::size_t i = next_.fetch_add(1, std::memory_order_relaxed);
    if (i >= cuts_.size()) return std::nullopt;
    const std::size_t end = i + 1 < cuts_.size() ? cuts_[i + 1] : records_.size();
    return slice{std::span(records_).subspan(cuts_[i], end - cuts_[i]), first_ + i * entries};
  }

 private:
  std::vector<std::byte> records_;
  std::vector<std::size_t> cuts_;
  std::uint64_t first_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> walked_ = 0;
};

}  // namespace sluice::inline v0

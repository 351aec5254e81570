#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "sluice/core/group.hpp"
#include "sluice/fs/walk.hpp"

namespace sluice::inline v0 {

inline constexpr std::size_t walk_batch_bytes = 64 * 1024;
inline constexpr std::size_t stats_at_once = 64;  // statuses asked for together

using walk_stat = call<ops::stat>;

/// What one directory needs while it is read; recycled.
struct walker::buffers {
  // What every directory needs lies together: the rest is not even touched for a small one.
  std::size_t entry_count = 0;
  std::size_t call_count = 0;
  bool at_once = false;          // the last statuses were there without waiting
  std::uint64_t first = 0;       // places of those gathered, and of those passed by between them
  std::uint64_t end = 0;
  std::vector<std::shared_ptr<walk_dir>> below;
  std::shared_ptr<walk_slices> shared;  // what others help with, or helped
  walk_entry entries[stats_at_once];
  alignas(8) std::byte records[walk_batch_bytes];
  std::size_t call_of[stats_at_once];  // which entry the call is about
  alignas(walk_stat) std::byte calls[stats_at_once * sizeof(walk_stat)];

  walk_stat* call_at(std::size_t i) noexcept {
    return std::launder(reinterpret_cast<walk_stat*>(calls)) + i;
  }
  void forget_calls() noexcept {
    for (std::size_t i = 0; i < call_count; ++i) call_at(i)->~walk_stat();
    entry_count = call_count = 0;
  }
};

}  // namespace sluice::inline v0

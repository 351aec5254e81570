// Sums of what lies in trees.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>

#include "sluice/fs/types.hpp"

namespace sluice::inline v0 {

/// Which of a file's times is looked at.
enum class size_time : std::uint8_t { none, modified, accessed, changed };

struct size_totals {
  /// Of nothing.
  static constexpr timestamp never{std::numeric_limits<std::int64_t>::min(), 0};

  std::uint64_t entries = 0;    // of any type
  std::uint64_t apparent = 0;   // bytes, as files tell their size
  std::uint64_t allocated = 0;  // bytes on the device
  timestamp newest = never;     // of the times looked at

  size_totals() noexcept = default;
  explicit size_totals(const file_status& one, size_time which = size_time::none) noexcept;
  size_totals& operator+=(const size_totals& other) noexcept;
};

/// Totals that several threads add to.
class shared_totals {
 public:
  shared_totals() noexcept = default;
  explicit shared_totals(const size_totals& start) noexcept
      : entries_(start.entries),
        apparent_(start.apparent),
        allocated_(start.allocated),
        newest_(start.newest) {}
  void add(const size_totals& more) noexcept;
  size_totals now() const noexcept;

 private:
  std::atomic<std::uint64_t> entries_ = 0;
  std::atomic<std::uint64_t> apparent_ = 0;
  std::atomic<std::uint64_t> allocated_ = 0;
  mutable std::mutex mutex_;  // taken only where times are looked at
  timestamp newest_ = size_totals::never;
};

}  // namespace sluice::inline v0

// So much in a second: when the next may go.
#pragma once

#include <cstdint>

#include "sluice/core/timer_heap.hpp"

namespace sluice::inline v0 {

/// Knows when what has been let through so far would have been due at an even pace. What was not
/// used is saved up, as much as a burst. One thread at a time.
class pace {
 public:
  /// A rate of 0 is no limit; a burst of 0 is a tenth of a second's.
  pace(std::uint64_t per_second, std::uint64_t burst) noexcept
      : unit_ns_(per_second == 0 ? 0 : 1e9 / static_cast<double>(per_second)) {
    if (burst == 0) burst = per_second < 20 ? 1 : per_second / 10;
    slack_ = time_for(burst - 1);  // the one that uses up the burst still goes
  }

  /// Nothing is saved up at this time.
  void start(time_point_ns now) noexcept { due_ = now + slack_; }
  /// When the next may go.
  time_point_ns next() const noexcept { return due_ - slack_; }
  void book(std::uint64_t amount, time_point_ns now) noexcept {
    if (unit_ns_ == 0) return;
    const time_point_ns from = due_ > now ? due_ : now;
    due_ = (from < never / 2 ? from : never / 2) + time_for(amount);
  }

 private:
  time_point_ns time_for(std::uint64_t amount) const noexcept {
    constexpr double most = 1e15;  // eleven days, so that sums of it stay numbers
    const double time = static_cast<double>(amount) * unit_ns_;
    return static_cast<time_point_ns>(time < most ? time : most);
  }

  double unit_ns_;  // 0: no limit
  time_point_ns slack_ = 0;
  time_point_ns due_ = 0;
};

}  // namespace sluice::inline v0

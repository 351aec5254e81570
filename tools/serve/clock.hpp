#pragma once

#include <time.h>

#include "sluice/core/timer_heap.hpp"

namespace sluice::serve {

inline constexpr time_point_ns one_second = 1'000'000'000;

/// CLOCK_MONOTONIC in nanoseconds, exact enough for deadlines and statistics.
inline time_point_ns monotonic_now() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * time_point_ns{1'000'000'000} + t.tv_nsec;
}

}  // namespace sluice::serve

// Native side of time. On a loop the driver's timers end a sleep; without one the thread sleeps.
#pragma once

#include <time.h>

#include "ops/calls.hpp"
#include "sluice/io/ops.hpp"

namespace sluice::inline v0 {

template <>
struct native<ops::sleep> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::clock;
  static std::int64_t perform(ops::sleep& op) noexcept {
    constexpr time_point_ns second = 1'000'000'000;
    const timespec until{op.deadline.when / second, op.deadline.when % second};
    int error;
    do {
      error = ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    } while (error == EINTR);
    return -error;
  }
};

}  // namespace sluice::inline v0

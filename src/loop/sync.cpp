#include "sluice/sync.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>

#include "loop/current.hpp"
#include "sluice/core/channel.hpp"

namespace sluice::inline v0 {

void sync_driver::post(job& j) noexcept {
  // Told under the lock: without it, whoever waits could see the job and be gone before it is told.
  const std::lock_guard lock(mutex_);
  posted_.push(j);
  wake_.notify_one();
}

time_point_ns sync_driver::now() noexcept {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * time_point_ns{1'000'000'000} + t.tv_nsec;
}

namespace {

/// Ends the waits in line if nothing else is under way; false if something is, or none waits.
bool end_waits(stop_source& all) noexcept {
  bool hope = false;
  const auto look = [&hope](stop_slot& s) noexcept {
    hope = hope || detail::queued::of(s) == nullptr;
  };
  all.each_listener(look);
  if (hope) return false;
  bool any = false;
  const auto end = [&any](stop_slot& s) noexcept {
    detail::queued::of(s)->give_up(errc::would_deadlock);
    any = true;
  };
  all.each_listener(end);
  return any;
}

}  // namespace

void sync_driver::run_until(const bool& done, stop_source* waits) noexcept {
  const current_driver_scope here(*this);
  constexpr unsigned turn = 64;  // jobs after which posts are looked at, though others are ready
  unsigned ran = 0;
  while (!done) {
    inline_left_ = inline_budget;
    if (timers_.next() != never) timers_.expire(now());
    if (job* j = ready_.pop()) {
      run_job(*j);
      if (++ran % turn == 0) take_posts();
    } else {
      await_post(waits);
    }
  }
}

void sync_driver::take_posts() noexcept {
  const std::lock_guard lock(mutex_);
  ready_.append(posted_);
}

void sync_driver::await_post(stop_source* waits) noexcept {
  std::unique_lock lock(mutex_);
  if (posted_.empty() && timers_.next() != never) {
    // Not longer than clocks can add.
    constexpr std::chrono::nanoseconds most = std::chrono::hours(1);
    const std::chrono::nanoseconds left =
        std::min(most, std::chrono::nanoseconds(timers_.next() - now()));
    wake_.wait_for(lock, left);
  } else if (posted_.empty()) {
    if (waits != nullptr && end_waits(*waits)) return;
    wake_.wait(lock, [&] { return !posted_.empty(); });
  }
  ready_.append(posted_);
}

}  // namespace sluice::inline v0

#include "sluice/sync.hpp"

#include <time.h>

#include <chrono>

#include "loop/current.hpp"

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

void sync_driver::run_until(const bool& done) noexcept {
  const current_driver_scope here(*this);
  while (!done) {
    inline_left_ = inline_budget;
    if (timers_.next() != never) timers_.expire(now());
    if (job* j = ready_.pop()) {
      run_job(*j);
      continue;
    }
    std::unique_lock lock(mutex_);
    if (posted_.empty()) {
      if (timers_.next() == never) {
        wake_.wait(lock, [&] { return !posted_.empty(); });
      } else {
        const std::chrono::nanoseconds left(timers_.next() - now());
        wake_.wait_for(lock, left);
      }
    }
    ready_.append(posted_);
  }
}

}  // namespace sluice::inline v0

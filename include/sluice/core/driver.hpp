// What a loop is to the core: a queue of ready jobs, a slot for the coroutine that runs next, a
// clock with timers, and a way in for other threads.
#pragma once

#include <coroutine>

#include "sluice/core/job.hpp"
#include "sluice/core/timer_heap.hpp"

namespace sluice::inline v0 {

class frame_source;

class driver {
 public:
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  /// Queues a job on this driver's own thread.
  void schedule(job& j) noexcept { ready_.push(j); }

  /// Queues a job from any thread and wakes the driver if it sleeps. The job must not be queued
  /// anywhere else.
  virtual void post(job& j) noexcept = 0;

  /// The monotonic clock, in nanoseconds.
  virtual time_point_ns now() noexcept = 0;

  /// The coroutine that is resumed as soon as the present one suspends. Awaiting a task and
  /// finishing one only fill this slot, so that neither ever nests on the stack.
  void resume_next(std::coroutine_handle<> h) noexcept { slot_ = h; }

  timer_heap& timers() noexcept { return timers_; }

  /// Operations that finish at once do not suspend their coroutine, up to a budget, after which
  /// the others get their turn. False: the budget is spent; queue instead of going on.
  bool spend_inline() noexcept {
    if (inline_left_ == 0) return false;
    --inline_left_;
    return true;
  }

  /// Somebody is ready to run. On its own thread.
  bool busy() const noexcept { return !ready_.empty(); }

  /// So many more, or fewer, of its operations wait in a space, for their turn: whoever ends the driver
  /// waits for them. On its own thread.
  void keep(int change) noexcept { kept_ += static_cast<unsigned>(change); }

  /// Where frames of tasks come from that are created while this driver runs; null: the default.
  frame_source* frames() const noexcept { return frames_; }

  /// What carries out operations of the system space here. The core never looks inside; null
  /// means that they are performed as blocking calls.
  void* carrier() const noexcept { return carrier_; }

 protected:
  static constexpr unsigned inline_budget = 256;

  explicit driver(void* carrier = nullptr) noexcept : carrier_(carrier) {}
  ~driver() = default;

  /// Runs one job and then whatever coroutine it, or its successors, put in the slot.
  void run_job(job& j) noexcept {
    if (j.run == nullptr) [[likely]] {
      std::coroutine_handle<>::from_address(static_cast<resumption&>(j).waiter).resume();
    } else {
      j.run(j);
    }
    while (slot_) {
      const std::coroutine_handle<> h = slot_;
      slot_ = nullptr;
      h.resume();
    }
  }

  job_queue ready_;
  std::coroutine_handle<> slot_;
  unsigned inline_left_ = inline_budget;
  unsigned kept_ = 0;
  timer_heap timers_;
  void* carrier_;
  frame_source* frames_ = nullptr;
};

}  // namespace sluice::inline v0

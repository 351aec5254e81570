// From one driver to another: a task that moves, and a task that is run elsewhere.
#pragma once

#include <concepts>
#include <coroutine>

#include "sluice/core/scope.hpp"
#include "sluice/core/stop_relay.hpp"
#include "sluice/core/when.hpp"

namespace sluice::inline v0 {

/// `co_await move_to(there);` the awaiting task goes on as a task of another driver, on that driver's
/// thread, and what it begins then is begun there. Completes always, and takes two messages' time at
/// most: it can't be cancelled. Nothing is allocated.
///
/// - The task moves alone. Who awaits it stays, and is resumed where it was: a task that ends abroad
///   goes back to end.
/// - A stop source belongs to one driver, so the task leaves its own behind. Abroad it listens to
///   `stop`, a source of `there` that outlives its stay, or, when that is null, to none. Back where it
///   began it has its own again. To hear of requests abroad, use a `stop_relay`, or `run_on`.
/// - What is tied to a driver does not come along: a scope, channel or limiter that the task has
///   begun to use is used again only after it has moved back.
/// - Frames may then be released on another thread than the one that allocated them. The allocator
///   that is used by default allows that; a frame source of yours has to.
/// - `there` has to run until the task has left it.
class [[nodiscard]] move_to {
 public:
  explicit move_to(driver& there, stop_source* stop = nullptr) noexcept
      : there_(there), stop_(stop) {}

  bool await_ready() const noexcept { return false; }

  template <std::derived_from<promise_base> Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    promise_base& p = h.promise();
    SLUICE_ASSERT(stop_ == nullptr || &stop_->home() == &there_,
                  "a task moves to one driver and would listen to a stop source of another");
    const bool stays = &there_ == p.home;
    if (p.left.home == nullptr) {
      if (stays) return false;  // it has not moved, and keeps its source
      p.left = {p.home, p.stop};
    }
    p.stop = stop_;
    if (p.left.home == &there_) {
      p.stop = p.left.stop;
      p.left = {};
    }
    if (stays) return false;
    p.self = h;
    p.travel(there_);
    return true;
  }
  void await_resume() const noexcept {}

 private:
  driver& there_;
  stop_source* stop_;
};

namespace detail {

/// Runs a task to its end on another driver; what it gave or threw is still inside it.
template <class T>
task<void> run_there(driver& there, stop_source* stop, task<T>& work) {
  co_await move_to(there, stop);
  latch<1> ended(there, stop, nullptr);
  ended.prepare(work);
  co_await ended;
}

}  // namespace detail

/// Runs a task on another driver and completes on this one with its result, or rethrows what it
/// threw. A request to stop the awaiting task is passed on to it. `there` has to run until then.
template <class T>
task<T> run_on(driver& there, task<T> work) {
  auto here = co_await this_task();
  stop_relay passed_on(here, there);
  auto away = detail::run_there(there, &passed_on.source(), work);
  co_await std::move(away);
  co_await passed_on.close();
  co_return work.take();
}

}  // namespace sluice::inline v0

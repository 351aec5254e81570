// Structured concurrency: a scope's children end before the scope does.
#pragma once

#include <coroutine>
#include <utility>

#include "sluice/core/task.hpp"

namespace sluice::inline v0 {

/// The driver and the stop source of the task that awaits it: `auto here = co_await this_task();`
struct this_task {
  surroundings around{};

  this_task() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    around = detail::surroundings_of(h);
    return false;
  }
  surroundings await_resume() const noexcept { return around; }
};

/// Lets the driver's other ready jobs run before the awaiting task goes on.
struct yield : job {
  yield() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) noexcept {
    home_ = detail::surroundings_of(h).home;
    waiter_ = h;
    run = [](job& j) noexcept {
      auto& self = static_cast<yield&>(j);
      self.home_->resume_next(self.waiter_);
    };
    home_->schedule(*this);
  }
  void await_resume() const noexcept {}

 private:
  driver* home_ = nullptr;
  std::coroutine_handle<> waiter_;
};

/// Children run concurrently on the scope's driver, under its stop source. Not thread-safe: spawn
/// and stop on the driver's own thread. `with_scope` joins for you and is the form to prefer.
class scope {
 public:
  explicit scope(surroundings around) noexcept : stop_(*around.home, around.stop) {}
  ~scope() { SLUICE_ASSERT(children_ == 0, "a scope ended before its children"); }
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

  /// Starts a child. Its first steps are taken when the present task suspends.
  void spawn(task<void> child) noexcept {
    ++children_;
    promise_base& p = child.prepare(stop_.home(), &stop_, this, child_finished);
    child.release();
    stop_.home().schedule(p);
  }

  /// Asks every child to stop; they still end in their own time.
  void stop() noexcept { stop_.request_stop(); }
  bool stop_requested() const noexcept { return stop_.stop_requested(); }
  stop_source& stopper() noexcept { return stop_; }
  unsigned children() const noexcept { return children_; }

  /// In a handler: keeps the exception, if it is the first, for `join` to rethrow; stops the rest.
  void fail() noexcept {
#if defined(__cpp_exceptions)
    if (!thrown_.caught) thrown_.capture();
    stop();
#endif
  }

  /// Completes when the last child has ended; rethrows the first exception that left one.
  auto join() noexcept { return joiner{this}; }

 private:
  struct joiner {
    scope* joined;

    bool await_ready() const noexcept { return joined->children_ == 0; }
    void await_suspend(std::coroutine_handle<> h) noexcept { joined->waiter_ = h; }
    void await_resume() { joined->thrown_.rethrow(); }
  };

  /// The child's frame may not be destroyed while it suspends for the last time, so the driver
  /// does it a moment later.
  static void child_finished(promise_base& p) noexcept {
    p.run = [](job& j) noexcept {
      auto& child = static_cast<detail::task_promise<void>&>(static_cast<promise_base&>(j));
      static_cast<scope*>(child.owner)->reap(child);
    };
    p.home->schedule(p);
  }

  void reap(detail::task_promise<void>& child) noexcept {
#if defined(__cpp_exceptions)
    try {
      child.take();
    } catch (...) {
      fail();
    }
#endif
    driver& home = *child.home;
    std::coroutine_handle<detail::task_promise<void>>::from_promise(child).destroy();
    if (--children_ == 0 && waiter_) home.resume_next(std::exchange(waiter_, nullptr));
  }

  stop_source stop_;
  unsigned children_ = 0;
  std::coroutine_handle<> waiter_;
  detail::thrown thrown_;
};

/// Runs `body(scope&)` and then waits for everything that it spawned. If the body or a child
/// throws, the rest is asked to stop, and the first exception leaves once all have ended.
template <class Body>
task<void> with_scope(Body body) {
  auto here = co_await this_task();
  scope children(here);
#if defined(__cpp_exceptions)
  try {
    auto main = body(children);
    co_await std::move(main);
  } catch (...) {
    children.fail();
  }
#else
  auto main = body(children);
  co_await std::move(main);
#endif
  co_await children.join();
}

}  // namespace sluice::inline v0

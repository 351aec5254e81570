#pragma once

#include <concepts>
#include <coroutine>
#include <new>
#include <type_traits>
#include <utility>
#if defined(__cpp_exceptions)
#include <exception>
#endif

#include "sluice/core/promise.hpp"

namespace sluice::inline v0 {

template <class T>
class task;

namespace detail {

/// Where an exception that leaves a task waits for the await that rethrows it.
struct thrown {
#if defined(__cpp_exceptions)
  std::exception_ptr caught;
  void capture() noexcept { caught = std::current_exception(); }
  void rethrow() {
    if (caught) std::rethrow_exception(std::exchange(caught, nullptr));
  }
#else
  void capture() noexcept { port::panic("sluice: an exception left a task"); }
  void rethrow() noexcept {}
#endif
};

template <class T>
class task_promise : public promise_base {
 public:
  task_promise() noexcept {}
  ~task_promise() {
    if (has_value_) value_.~T();
  }
  task<T> get_return_object() noexcept;
  template <class U>
    requires std::constructible_from<T, U&&>
  void return_value(U&& value) {
    ::new (static_cast<void*>(&value_)) T(std::forward<U>(value));
    has_value_ = true;
  }
  void unhandled_exception() noexcept { thrown_.capture(); }
  T take() {
    thrown_.rethrow();
    return std::move(value_);
  }

 private:
  union {
    T value_;
  };
  bool has_value_ = false;
  thrown thrown_;
};

template <>
class task_promise<void> : public promise_base {
 public:
  task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void unhandled_exception() noexcept { thrown_.capture(); }
  void take() { thrown_.rethrow(); }

 private:
  thrown thrown_;
};

}  // namespace detail

/// A lazy coroutine: it starts when it is awaited, or given to a scope or a loop, and ends before
/// its await does. Move-only. Destroying one that has begun and not ended is an error.
template <class T = void>
class [[nodiscard]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using value_type = T;

  task() noexcept = default;
  explicit task(std::coroutine_handle<promise_type> h) noexcept : frame_(h) {}
  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

  explicit operator bool() const noexcept { return frame_ != nullptr; }

  /// Awaiting starts the task on the awaiting task's driver and under its stop source.
  auto operator co_await() && noexcept { return awaiter{frame_}; }

  /// For those who start tasks by hand: scopes, latches, loops. Fills in the promise; the task
  /// begins when its handle is resumed, and calls `finished` as its very last act.
  promise_base& prepare(driver& home, stop_source* stop, void* owner,
                        void (*finished)(promise_base&) noexcept) noexcept {
    promise_base& p = frame_.promise();
    p.home = &home;
    p.stop = stop;
    p.self = frame_;
    p.owner = owner;
    p.finished = finished;
    p.run = resume_soon;
    return p;
  }
  /// The result of a task that has ended; rethrows what it threw.
  T take() { return frame_.promise().take(); }
  /// Gives the frame away; whoever takes it destroys it.
  std::coroutine_handle<promise_type> release() noexcept { return std::exchange(frame_, nullptr); }

 private:
  static void resume_soon(job& j) noexcept {
    auto& ready = static_cast<promise_base&>(j);
    ready.home->resume_next(ready.self);
  }

  struct awaiter {
    std::coroutine_handle<promise_type> frame;

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> parent) noexcept {
      const surroundings around = detail::surroundings_of(parent);
      promise_base& p = frame.promise();
      p.home = around.home;
      p.stop = around.stop;
      p.owner = parent.address();
      p.finished = [](promise_base& done) noexcept {
        done.home->resume_next(std::coroutine_handle<>::from_address(done.owner));
      };
      if constexpr (std::derived_from<Promise, promise_base>) {
        p.home->resume_next(frame);
      } else {
        // A coroutine that is not ours may be anywhere, also between two turns of the driver.
        p.self = frame;
        p.run = resume_soon;
        p.home->schedule(p);
      }
    }
    T await_resume() { return frame.promise().take(); }
  };

  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}  // namespace detail
}  // namespace sluice::inline v0

// What every task's promise holds, and where its frame's memory comes from.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <type_traits>

#include "sluice/core/config.hpp"
#include "sluice/core/driver.hpp"
#include "sluice/core/stop_token.hpp"

namespace sluice::inline v0 {

/// Supplies memory for coroutine frames. Pass one as any argument of a task's function, or give it
/// to a loop; without either, frames come from a recycling allocator of the thread.
class frame_source {
 public:
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* frame, std::size_t bytes) noexcept = 0;

 protected:
  ~frame_source() = default;
};

namespace detail {

/// Frames carry their source behind them, so that they go back where they came from.
inline void* new_frame(std::size_t bytes, frame_source* source) {
  const std::size_t whole = bytes + sizeof(frame_source*);
  void* frame = source != nullptr ? source->allocate(whole) : port::allocate_frame(whole);
  __builtin_memcpy(static_cast<std::byte*>(frame) + bytes, &source, sizeof source);
  return frame;
}

inline void delete_frame(void* frame, std::size_t bytes) noexcept {
  frame_source* source;
  __builtin_memcpy(&source, static_cast<std::byte*>(frame) + bytes, sizeof source);
  const std::size_t whole = bytes + sizeof(frame_source*);
  source != nullptr ? source->release(frame, whole) : port::release_frame(frame, whole);
}

inline frame_source* source_in() noexcept {
  driver* d = port::current_driver();
  return d != nullptr ? d->frames() : nullptr;
}
template <class First, class... Rest>
frame_source* source_in(First& first, Rest&... rest) noexcept {
  if constexpr (std::derived_from<std::remove_cvref_t<First>, frame_source>) {
    return &first;
  } else {
    return source_in(rest...);
  }
}

}  // namespace detail

/// What an awaitable inherits from the coroutine that awaits it: the driver that carries it out and
/// then resumes, and the stop source that it listens to (null: none), which belongs to that driver.
struct surroundings {
  driver* home;
  stop_source* stop;
};

/// The base of every task's promise. `home` and `stop` are handed from parent to child at the await.
struct promise_base : job {
  driver* home = nullptr;
  stop_source* stop = nullptr;
  std::coroutine_handle<> self;
  void* owner = nullptr;                                  // for `finished`
  void (*finished)(promise_base&) noexcept = nullptr;     // what the end of the task sets going
  surroundings left{};                            // where it has to end, if it has moved

  template <class... Arguments>
  static void* operator new(std::size_t bytes, Arguments&... arguments) {
    return detail::new_frame(bytes, detail::source_in(arguments...));
  }
  static void operator delete(void* frame, std::size_t bytes) noexcept {
    detail::delete_frame(frame, bytes);
  }

  std::suspend_always initial_suspend() const noexcept { return {}; }

  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> h) noexcept {
      promise_base& p = h.promise();
      if (p.left.home != nullptr) [[unlikely]] return p.end_at_home();
      p.finished(p);
    }
    void await_resume() const noexcept {}
  };
  final_awaiter final_suspend() const noexcept { return {}; }

  /// Hands the suspended task to another driver, where it goes on or, at its end, is over. This
  /// thread does so from its queue, when nothing of the task is on its stack any more: the other may
  /// destroy the frame.
  void travel(driver& there) noexcept {
    driver& here = *home;
    home = &there;
    run = [](job& j) noexcept {
      auto& leaving = static_cast<promise_base&>(j);
      leaving.run = arrive;
      leaving.home->post(leaving);
    };
    here.schedule(*this);
  }

 private:
  /// Who waits for this task does so where it began.
  void end_at_home() noexcept {
    driver& there = *left.home;
    left = {};
    travel(there);
  }

  static void arrive(job& j) noexcept {
    auto& arrived = static_cast<promise_base&>(j);
    if (arrived.self.done()) return arrived.finished(arrived);
    arrived.home->resume_next(arrived.self);
  }
};

/// A promise of a coroutine type that is not ours and that tells its surroundings itself.
template <class Promise>
concept has_surroundings = requires(Promise& p) {
  { p.sluice_surroundings() } noexcept -> std::same_as<surroundings>;
};

namespace detail {

/// Whose driver and stop source an awaitable inherits: the task's; in a coroutine type that is not
/// ours those that its promise names, or else the driver that resumes on this thread.
template <class Promise>
surroundings surroundings_of(std::coroutine_handle<Promise> h) noexcept {
  if constexpr (std::derived_from<Promise, promise_base>) {
    promise_base& p = h.promise();
    return {p.home, p.stop};
  } else if constexpr (has_surroundings<Promise>) {
    return h.promise().sluice_surroundings();
  } else {
    driver* d = port::current_driver();
    if (d == nullptr) port::panic("sluice: awaited on a thread that runs no loop");
    return {d, nullptr};
  }
}

}  // namespace detail
}  // namespace sluice::inline v0

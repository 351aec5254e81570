// Awaiting in coroutine types that are not ours: `auto n = co_await on(loop, f.read_at(buffer, 0));`
#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include "sluice/core/promise.hpp"

namespace sluice::inline v0 {

namespace detail {

/// The awaiter of what is awaited: a reference when it is an awaiter itself.
template <class Awaitable>
decltype(auto) awaiter_of(Awaitable&& what) noexcept {
  if constexpr (requires { std::forward<Awaitable>(what).operator co_await(); }) {
    return std::forward<Awaitable>(what).operator co_await();
  } else {
    return static_cast<Awaitable&&>(what);
  }
}

/// Awaits on behalf of a driver that was named. The promise is not asked anything.
template <class Awaitable>
class [[nodiscard]] on_awaiter : job {
 public:
  on_awaiter(driver& home, Awaitable&& what) noexcept
      : home_(home), inner_(awaiter_of(std::forward<Awaitable>(what))) {}
  on_awaiter(const on_awaiter&) = delete;
  on_awaiter& operator=(const on_awaiter&) = delete;

  bool await_ready() const noexcept { return false; }

  bool await_suspend(std::coroutine_handle<> h) noexcept {
    waiter_ = h;
    if (port::current_driver() == &home_) return begin();
    go_there();
    return true;  // maybe resumed by then, on another thread
  }

  decltype(auto) await_resume() noexcept(noexcept(inner_.await_resume())) {
    return inner_.await_resume();
  }

 private:
  [[gnu::noinline]] void go_there() noexcept {
    run = [](job& j) noexcept {
      auto& self = static_cast<on_awaiter&>(j);
      if (!self.begin()) self.home_.resume_next(self.waiter_);
    };
    home_.post(*this);
  }

  /// In a turn of the driver. False: it has finished.
  bool begin() noexcept {
    if (inner_.await_ready()) return false;
    if constexpr (std::is_void_v<decltype(inner_.await_suspend(waiter_))>) {
      inner_.await_suspend(waiter_);
      return true;
    } else {
      return inner_.await_suspend(waiter_);
    }
  }

  driver& home_;
  std::coroutine_handle<> waiter_;
  decltype(awaiter_of(std::declval<Awaitable>())) inner_;
};

}  // namespace detail

/// Lets a coroutine of any type await an operation, a task, or anything else of Sluice's, from any
/// thread: `home` carries it out in one of its turns, and the coroutine goes on there, on `home`'s
/// thread. The driver must not end before that.
///
/// Completes with what the awaitable itself would give. It listens to no stop source but the
/// operation's own (`stop_with`). The awaitable must live until the end, which it does when it is
/// written in the awaiting expression.
///
/// A coroutine type that awaits much, and on the driver's thread only, can do without: give its
/// promise a member `surroundings sluice_surroundings() noexcept`, which each await asks.
template <class Awaitable>
auto on(driver& home, Awaitable&& what) noexcept {
  return detail::on_awaiter<Awaitable>(home, std::forward<Awaitable>(what));
}

}  // namespace sluice::inline v0

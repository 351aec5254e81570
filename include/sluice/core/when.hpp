// Several tasks at once: all of them, or the first of them.
#pragma once

#include <coroutine>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sluice/core/scope.hpp"

namespace sluice::inline v0 {

/// The result of a task that has none, where results are put side by side.
struct nothing {};

namespace detail {

template <class T>
using something = std::conditional_t<std::is_void_v<T>, nothing, T>;

template <class T>
something<T> taken(task<T>& t) {
  if constexpr (std::is_void_v<T>) {
    t.take();
    return {};
  } else {
    return t.take();
  }
}

/// Starts N tasks and resumes when all have ended. `first` is the one that ended first; if there
/// is a stop source, the others are asked to stop then.
template <std::size_t N>
class latch {
 public:
  latch(driver& home, stop_source* stop, stop_source* stop_others) noexcept
      : home_(home), stop_(stop), stop_others_(stop_others) {}

  template <class... Ts>
  void prepare(task<Ts>&... tasks) noexcept {
    std::size_t i = 0;
    ((places_[i] = {this, &tasks.prepare(home_, stop_, &places_[i], arrived)}, ++i), ...);
  }

  bool await_ready() const noexcept { return N == 0; }
  void await_suspend(std::coroutine_handle<> h) noexcept {
    waiter_ = h;
    for (place& p : places_) home_.schedule(*p.promise);
  }
  std::size_t await_resume() const noexcept { return first_; }

 private:
  struct place {
    latch* whole = nullptr;
    promise_base* promise = nullptr;
  };

  static void arrived(promise_base& p) noexcept {
    auto& at = *static_cast<place*>(p.owner);
    latch& all = *at.whole;
    if (all.left_ == N) {
      all.first_ = static_cast<std::size_t>(&at - all.places_);
      if (all.stop_others_ != nullptr) all.stop_others_->request_stop();
    }
    if (--all.left_ == 0) all.home_.resume_next(all.waiter_);
  }

  driver& home_;
  stop_source* stop_;
  stop_source* stop_others_;
  std::coroutine_handle<> waiter_;
  std::size_t left_ = N;
  std::size_t first_ = 0;
  place places_[N == 0 ? 1 : N];
};

}  // namespace detail

/// Runs the tasks concurrently and gives all their results, in the order of the arguments. If
/// several throw, the first argument's exception is the one that leaves.
template <class... Ts>
task<std::tuple<detail::something<Ts>...>> when_all(task<Ts>... tasks) {
  auto here = co_await this_task();
  detail::latch<sizeof...(Ts)> all(*here.home, here.stop, nullptr);
  all.prepare(tasks...);
  co_await all;
  std::tuple<detail::something<Ts>...> results(detail::taken(tasks)...);
  co_return results;
}

/// What `when_any` gives: which task ended first, and the results of all of them, since a loser
/// may have done its work before it heard that it should stop.
template <class... Ts>
struct first_of {
  std::size_t index;
  std::tuple<Ts...> results;
  first_of(std::size_t i, std::tuple<Ts...> r) : index(i), results(std::move(r)) {}
};

/// Runs the tasks concurrently, asks the others to stop when the first has ended, and waits for
/// them to do so.
template <class... Ts>
task<first_of<detail::something<Ts>...>> when_any(task<Ts>... tasks) {
  auto here = co_await this_task();
  stop_source stop(*here.home, here.stop);
  detail::latch<sizeof...(Ts)> all(*here.home, &stop, &stop);
  all.prepare(tasks...);
  const std::size_t first = co_await all;
  std::tuple<detail::something<Ts>...> results(detail::taken(tasks)...);
  first_of<detail::something<Ts>...> outcome(first, std::move(results));
  co_return outcome;
}

}  // namespace sluice::inline v0

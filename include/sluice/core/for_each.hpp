#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "sluice/core/channel.hpp"
#include "sluice/core/scope.hpp"

namespace sluice::inline v0 {

/// Room for so many at once; tasks of one driver wait in line for a place. Not thread-safe.
class limiter {
 public:
  explicit limiter(std::size_t places) noexcept : free_(places) {}

  struct [[nodiscard]] entry : detail::queued {
    explicit entry(limiter& l) noexcept : of(l) {}
    limiter& of;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      const surroundings around = detail::surroundings_of(h);
      if (around.stop != nullptr && around.stop->stop_requested()) {
        why = errc::canceled;
        return false;
      }
      if (of.free_ > 0) {
        --of.free_;
        return false;
      }
      wait_in(of.line_, around, h);
      return true;
    }
    result<void> await_resume() const noexcept {
      if (why) return std::unexpected(why);
      return {};
    }
  };

  /// Completes when there is a place, which is then taken; errc::canceled if the task should stop.
  entry enter() noexcept { return entry(*this); }

  /// Keeps a place that its owner has entered, and gives it back when it dies; empty, it has none. The
  /// limiter must outlive it. It dies where the limiter's driver runs.
  class [[nodiscard]] lease {
   public:
    lease() noexcept = default;
    explicit lease(limiter& l) noexcept : of_(&l) {}
    lease(lease&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    lease& operator=(lease other) noexcept {
      std::swap(of_, other.of_);
      return *this;
    }
    ~lease() {
      if (of_ != nullptr) of_->leave();
    }

   private:
    limiter* of_ = nullptr;
  };

  /// Whoever enters now has to wait.
  bool full() const noexcept { return free_ == 0; }
  /// Somebody waits in line.
  bool awaited() const noexcept { return !line_.empty(); }

  /// Gives a place back, to the one who waits longest.
  void leave() noexcept {
    if (job* j = line_.pop()) {
      static_cast<detail::queued&>(*j).wake({});
    } else {
      ++free_;
    }
  }

 private:
  std::size_t free_;
  job_queue line_;
};

namespace detail {

template <class Item, class Function>
task<void> run_one(Item item, Function& function, limiter& places, scope& children) {
  const limiter::lease place(places);
  struct stopper {
    scope& siblings;
    bool threw = true;
    explicit stopper(scope& s) noexcept : siblings(s) {}
    ~stopper() {
      // Before the place is free: whoever gets it must find that nothing more is to be begun.
      if (threw) siblings.stop();
    }
  } on_exit(children);
  auto work = function(std::move(item));
  co_await std::move(work);
  on_exit.threw = false;
}

template <class Range, class Function>
task<void> spawn_each(scope& children, Range& range, limiter& places, Function& function) {
  for (auto&& item : range) {
    auto entered = co_await places.enter();
    if (!entered || children.stop_requested()) co_return;
    using value = std::decay_t<decltype(item)>;
    children.spawn(run_one<value>(item, function, places, children));
  }
}

}  // namespace detail

/// Runs `function(item)`, a task<void>, for every item of the range, at most `limit` of them at a
/// time (0 counts as 1). The function gets a copy of the item that lives until its task has ended.
/// The range and the function must outlive the await. When the task is asked to stop, or one of
/// them throws, no further ones are begun.
template <class Range, class Function>
task<void> for_each_concurrent(Range&& range, std::size_t limit, Function&& function) {
  auto here = co_await this_task();
  scope children(here);
  limiter places(limit == 0 ? 1 : limit);
  auto all = detail::spawn_each(children, range, places, function);
#if defined(__cpp_exceptions)
  try {
    co_await std::move(all);
  } catch (...) {
    children.fail();
  }
#else
  co_await std::move(all);
#endif
  co_await children.join();
}

}  // namespace sluice::inline v0

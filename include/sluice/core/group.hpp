#pragma once

#include <coroutine>
#include <cstddef>
#include <span>

#include "sluice/core/call.hpp"

namespace sluice::inline v0 {

/// Awaits many operations of one kind at once: `co_await all_of(std::span(calls, n));` submits them
/// together and resumes when the last has completed. Each then has its result, to be had by
/// `await_resume()`. No allocation and no frames: the calls lie where the caller put them.
template <class Call>
class [[nodiscard]] all_of {
 public:
  explicit all_of(std::span<Call> calls) noexcept : calls_(calls) {}
  all_of(const all_of&) = delete;
  all_of& operator=(const all_of&) = delete;

  bool await_ready() const noexcept { return calls_.empty(); }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    const surroundings around = detail::surroundings_of(h);
    waiter_ = h;
    left_ = calls_.size() + 1;  // one for ourselves, so that it ends only after all have begun
    for (Call& c : calls_) {
      c.waiter = this;
      if (c.begin(*around.home, around.stop, ended)) --left_;
    }
    waited_ = --left_ != 0;
    return waited_;
  }
  void await_resume() const noexcept {}

  /// Afterwards: whether any of them was not over as soon as it had begun.
  bool waited() const noexcept { return waited_; }

 private:
  static void ended(job& j) noexcept {
    auto& op = static_cast<operation&>(j);
    auto& self = *static_cast<all_of*>(op.waiter);
    if (--self.left_ == 0) op.home->resume_next(self.waiter_);
  }

  std::span<Call> calls_;
  std::size_t left_ = 0;
  bool waited_ = false;
  std::coroutine_handle<> waiter_;
};

}  // namespace sluice::inline v0

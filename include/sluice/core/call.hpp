// The awaitable forms of an operation. The operation lies in the coroutine's frame, and nothing is
// allocated for it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "sluice/core/piecewise.hpp"
#include "sluice/core/promise.hpp"

namespace sluice::inline v0 {

/// How results that need their space (handles) are made from an operation's value.
struct adopt_t {};
inline constexpr adopt_t adopt{};

namespace detail {

/// The operation finished at once: true if the others get their turn before its coroutine goes on.
[[gnu::noinline]] inline bool suspend_finished(operation& op, driver& home) noexcept {
  if (home.spend_inline()) return false;
  op.run = nullptr;
  home.schedule(op);
  return true;
}

/// Options that every awaitable operation takes before it is awaited.
template <class Self, class Op>
class call_options : public Op {
 public:
  using Op::Op;

  // These give an lvalue, and what is awaited is a small awaiter that refers to it: g++ 12 moves an
  // awaited xvalue into the frame and copies an awaited lvalue, and operations do neither.

  /// Asks for the operation to be cancelled when this much time has passed since its submission.
  Self& within(time_point_ns nanoseconds) && noexcept
    requires(Op::its_kind != op_kind::sleep)  // whose deadline is its end
  {
    this->deadline.when = nanoseconds;
    this->limit = time_limit::after_submission;
    return static_cast<Self&>(*this);
  }
  /// The same for a time on the driver's clock.
  Self& before(time_point_ns when) && noexcept
    requires(Op::its_kind != op_kind::sleep)
  {
    this->deadline.when = when;
    this->limit = time_limit::at;
    return static_cast<Self&>(*this);
  }
  /// Listens to this source, not to the one of the awaiting task. It must belong to the same driver.
  Self& stop_with(stop_source& s) && noexcept {
    this->stop_by = &s;
    return static_cast<Self&>(*this);
  }

  auto operator co_await() noexcept { return awaiter(static_cast<Self&>(*this)); }

 private:
  class awaiter {
   public:
    explicit awaiter(Self& s) noexcept : self_(s) {}
    bool await_ready() const noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      const surroundings around = surroundings_of(h);
      Self& self = self_;
      self.waiter = h.address();
      stop_source* stop = self.stop_by != nullptr ? self.stop_by : around.stop;
      if (!self.begin(*around.home, stop, nullptr)) return true;
      return suspend_finished(self, *around.home);
    }

    auto await_resume() noexcept { return self_.await_resume(); }

   private:
    Self& self_;
  };
};

}  // namespace detail

/// One operation, awaited once: `auto n = co_await f.read_at(buffer, offset);`
template <class Op, class Result = typename Op::value_type>
class [[nodiscard]] call : public detail::call_options<call<Op, Result>, Op> {
 public:
  using detail::call_options<call<Op, Result>, Op>::call_options;
  using result_type = result<Result>;

  /// Submits; `then` runs on the driver's thread when the operation has finished (null: resumes
  /// `waiter`), unless this returns true: then it has finished already.
  bool begin(driver& home, stop_source* stop, void (*then)(job&) noexcept) noexcept {
    this->run = then;
    return start(*this, home, stop);
  }

  result_type await_resume() noexcept {
    if (this->failure) return std::unexpected(this->failure);
    if constexpr (std::is_void_v<Result>) {
      return {};
    } else if constexpr (std::is_same_v<Result, typename Op::value_type>) {
      return std::move(this->value);
    } else {
      return Result(adopt, *this->target, this->value);
    }
  }
};

/// A transfer, awaited for the whole; its sink, if it has one, is told of the segments meanwhile.
template <class Op>
class [[nodiscard]] transfer_call : public detail::call_options<transfer_call<Op>, Op> {
 public:
  using detail::call_options<transfer_call<Op>, Op>::call_options;
  using result_type = transfer_result;

  bool begin(driver& home, stop_source* stop, void (*then)(job&) noexcept) noexcept {
    this->run = then;
    return start(*this, home, stop);
  }
  transfer_result await_resume() noexcept { return this->outcome(); }
};

namespace detail {

/// An operation that is submitted again and again until `advance()`, of the class that derives
/// from this, says that nothing is left to do. No allocation, no frame of its own.
template <class Self, class Op>
class repeated_call : public call_options<Self, Op> {
 public:
  using call_options<Self, Op>::call_options;
  using result_type = transfer_result;

  bool begin(driver& home, stop_source* stop, void (*then)(job&) noexcept) noexcept {
    then_ = then;
    stop_ = stop;
    this->run = [](job& j) noexcept {
      auto& self = static_cast<Self&>(j);
      if (self.advance() && !self.go_on(*self.home)) return;
      if (self.then_ != nullptr) return self.then_(self);
      self.home->resume_next(std::coroutine_handle<>::from_address(self.waiter));
    };
    return static_cast<Self&>(*this).nothing_to_do() || go_on(home);
  }

  transfer_result await_resume() noexcept { return outcome_; }

 protected:
  transfer_result outcome_;

 private:
  /// True when it is over.
  bool go_on(driver& home) noexcept {
    do {
      if (!start(*this, home, stop_)) return false;
    } while (static_cast<Self&>(*this).advance());
    return true;
  }

  stop_source* stop_ = nullptr;
  void (*then_)(job&) noexcept = nullptr;
};

}  // namespace detail

/// Transfers a whole buffer: read_exact_at, write_all_at and their like. Ends early at the end of
/// the file, or with the first error.
template <class Op>
class [[nodiscard]] exact_call : public detail::repeated_call<exact_call<Op>, Op> {
 public:
  template <class... Arguments>
  explicit exact_call(Arguments&&... arguments) noexcept
      : detail::repeated_call<exact_call<Op>, Op>(std::forward<Arguments>(arguments)...) {
    this->outcome_.total = this->buffer.size();
    if constexpr (keeps_its_place) this->whole = true;
  }

 private:
  friend detail::repeated_call<exact_call<Op>, Op>;

  /// Others on the same stream wait behind it, and it tells how far it came when it fails.
  static constexpr bool keeps_its_place = requires(Op& op) { op.whole; };

  bool nothing_to_do() const noexcept { return this->outcome_.whole(); }

  /// Books what the last piece did; true when there is more to ask for.
  bool advance() noexcept {
    transfer_result& so_far = this->outcome_;
    if (this->failure) {
      so_far.first_error = this->failure;
      if constexpr (keeps_its_place) so_far.done += this->value;
      return false;
    }
    so_far.done += this->value;
    so_far.end = this->value == 0;
    this->buffer = this->buffer.subspan(this->value);
    this->move_by(this->value);
    if constexpr (keeps_its_place) this->value = this->done = 0;
    return !so_far.end && !so_far.whole();
  }
};

}  // namespace sluice::inline v0

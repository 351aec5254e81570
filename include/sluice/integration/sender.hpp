// Sluice's operations as senders of P2300 (std::execution). Where the standard library has senders,
// their vocabulary is the standard's; elsewhere the few names that an adapter needs are here.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "sluice/core/call.hpp"
#include "sluice/integration/execution.hpp"

namespace sluice::inline v0 {

namespace detail {

/// What a call sends: its value, or all of a transfer's result, which tells of failures itself.
template <class Result>
struct sends {
  static constexpr bool fails = false;
  using value = execution::set_value_t(Result);
};
template <class T>
struct sends<result<T>> {
  static constexpr bool fails = true;
  using value = execution::set_value_t(T);
};
template <>
struct sends<result<void>> {
  static constexpr bool fails = true;
  using value = execution::set_value_t();
};

/// One operation, connected to who hears of its end.
template <class Make, class Receiver>
class sent_operation {
 public:
  using operation_state_concept = execution::operation_state_t;

  sent_operation(driver& home, Make make, Receiver to)
      : home_(home), call_(make()), receiver_(std::move(to)), stop_(home) {}
  sent_operation(const sent_operation&) = delete;
  sent_operation& operator=(const sent_operation&) = delete;

  void start() & noexcept {
    call_.waiter = this;
    stop_source* listens = nullptr;
    if constexpr (stoppable) {
      message_.of = this;
      message_.run = stop_arrived;
      auto token = execution::get_stop_token(execution::get_env(receiver_));
      if (token.stop_requested()) {
        stop_.request_stop();
      } else if (token.stop_possible()) {
        on_stop_.emplace(std::move(token), asks{this});
      }
      listens = &stop_;
    }
    if (!call_.begin(home_, listens, ended)) return;
    call_.run = ended;  // it has finished, but the receiver is never called from inside start
    home_.schedule(call_);
  }

 private:
  using token_type = std::remove_cvref_t<decltype(execution::get_stop_token(
      execution::get_env(std::declval<const Receiver&>())))>;
  static constexpr bool stoppable = !execution::is_unstoppable<token_type>;
  using call_type = decltype(std::declval<Make&>()());

  struct message : job {
    sent_operation* of = nullptr;
  };
  /// Runs on the thread that requests the stop; the request travels to the driver.
  struct asks {
    sent_operation* self;
    void operator()() const noexcept {
      self->posted_ = true;
      self->home_.post(self->message_);
    }
  };
  struct no_callback {
    void reset() noexcept {}
  };
  template <class Token>
  struct callback_of {
    using type = std::optional<execution::stop_callback_of<Token, asks>>;
  };
  using callback = typename std::conditional_t<stoppable, callback_of<token_type>,
                                               std::type_identity<no_callback>>::type;

  static void ended(job& j) noexcept {
    auto& self = *static_cast<sent_operation*>(static_cast<operation&>(j).waiter);
    self.on_stop_.reset();  // after this no request is being made any more, or has been posted
    self.ended_ = true;
    if (!self.posted_) self.deliver();
  }
  static void stop_arrived(job& j) noexcept {
    auto& self = *static_cast<message&>(j).of;
    if (self.ended_) return self.deliver();
    self.stop_.request_stop();
    self.posted_ = false;
  }

  void deliver() noexcept {
    auto outcome = call_.await_resume();
    if constexpr (!sends<decltype(outcome)>::fails) {
      execution::set_value(std::move(receiver_), std::move(outcome));
    } else if (outcome) {
      if constexpr (std::is_void_v<typename decltype(outcome)::value_type>) {
        execution::set_value(std::move(receiver_));
      } else {
        execution::set_value(std::move(receiver_), std::move(*outcome));
      }
    } else if (outcome.error() == errc::canceled) {
      execution::set_stopped(std::move(receiver_));
    } else {
      execution::set_error(std::move(receiver_), outcome.error());
    }
  }

  driver& home_;
  call_type call_;
  Receiver receiver_;
  stop_source stop_;
  message message_;
  [[no_unique_address]] callback on_stop_;
  bool posted_ = false;  // by whoever requests the stop; read after on_stop_ has ended
  bool ended_ = false;
};

template <class Make>
class operation_sender {
  using sent = sends<decltype(std::declval<Make&>()().await_resume())>;

 public:
  using sender_concept = execution::sender_t;
  using completion_signatures =
      std::conditional_t<sent::fails,
                         execution::completion_signatures<typename sent::value, execution::set_error_t(error),
                                                          execution::set_stopped_t()>,
                         execution::completion_signatures<typename sent::value>>;

  operation_sender(driver& home, Make make) noexcept : home_(&home), make_(std::move(make)) {}

  template <class Receiver>
  sent_operation<Make, Receiver> connect(Receiver to) const& {
    return {*home_, make_, std::move(to)};
  }
  template <class Receiver>
  sent_operation<Make, Receiver> connect(Receiver to) && {
    return {*home_, std::move(make_), std::move(to)};
  }

 private:
  driver* home_;
  Make make_;
};

}  // namespace detail

/// A sender of the operation that `make()` returns: `as_sender(loop, [&] { return f.stat(); })`. A
/// function, because operations do not move: it is called by `connect`, once for each.
///
/// Sends set_value(result), set_error(sluice::error), or set_stopped() when the operation was
/// cancelled. Operations with a transfer_result always send that. `start` belongs to the driver's
/// thread; the receiver is called there, in a later turn and never from inside `start`. A stop
/// request of the receiver's token may come from any thread and asks the operation to end. The
/// operation lies in the operation state; nothing is allocated.
template <class Make>
auto as_sender(driver& home, Make make) noexcept {
  return detail::operation_sender<Make>(home, std::move(make));
}

}  // namespace sluice::inline v0

// The words of P2300 that the sender adapter needs: the standard's own where it has them.
#pragma once

#include <version>

#if defined(__cpp_lib_senders)

#include <execution>
#include <stop_token>

namespace sluice::inline v0::execution {

using std::execution::completion_signatures;
using std::execution::get_env;
using std::execution::operation_state_t;
using std::execution::receiver_t;
using std::execution::sender_t;
using std::execution::set_error;
using std::execution::set_error_t;
using std::execution::set_stopped;
using std::execution::set_stopped_t;
using std::execution::set_value;
using std::execution::set_value_t;
using std::get_stop_token;
template <class Token, class Function>
using stop_callback_of = std::stop_callback_for_t<Token, Function>;
template <class Token>
inline constexpr bool is_unstoppable = std::unstoppable_token<Token>;

}  // namespace sluice::inline v0::execution

#else

#include <concepts>
#include <stop_token>
#include <utility>

namespace sluice::inline v0::execution {

struct sender_t {};
struct receiver_t {};
struct operation_state_t {};

template <class... Signatures>
struct completion_signatures {};

struct set_value_t {
  template <class Receiver, class... Values>
  void operator()(Receiver&& to, Values&&... values) const noexcept {
    std::forward<Receiver>(to).set_value(std::forward<Values>(values)...);
  }
};
struct set_error_t {
  template <class Receiver, class Error>
  void operator()(Receiver&& to, Error&& e) const noexcept {
    std::forward<Receiver>(to).set_error(std::forward<Error>(e));
  }
};
struct set_stopped_t {
  template <class Receiver>
  void operator()(Receiver&& to) const noexcept {
    std::forward<Receiver>(to).set_stopped();
  }
};
inline constexpr set_value_t set_value{};
inline constexpr set_error_t set_error{};
inline constexpr set_stopped_t set_stopped{};

/// A token that nobody can use to stop anything.
struct never_stop_token {
  static constexpr bool stop_requested() noexcept { return false; }
  static constexpr bool stop_possible() noexcept { return false; }
  bool operator==(const never_stop_token&) const = default;
};
struct empty_env {};

struct get_env_t {
  template <class Of>
  auto operator()(const Of& of) const noexcept {
    if constexpr (requires { of.get_env(); }) {
      return of.get_env();
    } else {
      return empty_env();
    }
  }
};
inline constexpr get_env_t get_env{};

/// Asks an environment; one that has no answer has a token that never stops.
struct get_stop_token_t {
  template <class Env>
  auto operator()(const Env& e) const noexcept {
    if constexpr (requires { e.query(*this); }) {
      return e.query(*this);
    } else {
      return never_stop_token();
    }
  }
};
inline constexpr get_stop_token_t get_stop_token{};

namespace detail {
template <class Token, class Function>
struct callback_for {
  using type = typename Token::template callback_type<Function>;
};
template <class Function>
struct callback_for<std::stop_token, Function> {
  using type = std::stop_callback<Function>;
};
}  // namespace detail

template <class Token, class Function>
using stop_callback_of = typename detail::callback_for<Token, Function>::type;
template <class Token>
inline constexpr bool is_unstoppable = std::same_as<Token, never_stop_token>;

}  // namespace sluice::inline v0::execution

#endif

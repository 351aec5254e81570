// How this machine carries out one kind of operation. A row is made from native<Op>, the native
// side that stands beside each operation in src/ops.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

#include "core/system_error.hpp"
#include "sluice/core/operation.hpp"

namespace sluice::inline v0 {

/// What decides the way.
enum class routing : std::uint8_t {
  adaptive,   // measured: a plain call, or ring or pool
  overlapped, // always ring or pool: it blocks by nature
  attempt,    // a call that can't block where there is one, then ring or pool
  readiness,  // ring, or a call once the descriptor is ready
  at_once,    // a plain call: it never waits for anything
  clock       // the driver's timers end it
};

/// Until when a request to stop, or a deadline, can end an operation early. Where it can't any
/// more, the operation completes with what happened, late if need be.
enum class cancellable : std::uint8_t {
  unsaid,
  always,
  until_started,
  never
};

struct native_row {
  /// Comes first, if there is one: makes what the operation is about. 0, or a negated errno, which is
  /// then the result.
  std::int64_t (*begin)(operation&) noexcept = nullptr;
  /// The blocking call: a result >= 0, or a negated errno.
  std::int64_t (*perform)(operation&) noexcept = nullptr;
  /// The call that must not block; -EAGAIN when it would have to. Null where none exists.
  std::int64_t (*attempt)(operation&) noexcept = nullptr;
  /// The most bytes that the next attempt can answer with. Null where a short answer tells nothing.
  std::size_t (*wanted)(const operation&) noexcept = nullptr;
  /// Fills a submission entry; false when the ring can't do it with these arguments. Null where
  /// the kernel has no such request.
  bool (*prepare)(operation&, io_uring_sqe&) noexcept = nullptr;
  /// Books that many bytes; true when the operation wants to go on with the rest. Null where one
  /// answer is all.
  bool (*goes_on)(operation&, std::int64_t) noexcept = nullptr;
  /// Turns the kernel's number into the operation's result.
  void (*finish)(operation&, std::int64_t) noexcept = nullptr;
  std::uint8_t opcode = 0;       // of `prepare`, to ask the running kernel about
  routing route = routing::adaptive;
  cancellable cancel = cancellable::unsaid;
  std::int16_t readiness = 0;    // poll events that `perform` waits for, for routing::readiness
};

/// The native side of an operation: specialised in src/ops.
template <class Op>
struct native;

template <class Op>
constexpr native_row make_row() noexcept {
  using N = native<Op>;
  native_row r;
  r.perform = [](operation& op) noexcept -> std::int64_t {
    return N::perform(static_cast<Op&>(op));
  };
  if constexpr (requires(Op& op) { N::begin(op); }) {
    r.begin = [](operation& op) noexcept -> std::int64_t { return N::begin(static_cast<Op&>(op)); };
  }
  if constexpr (requires(Op& op) { N::goes_on(op, std::int64_t{}); }) {
    r.goes_on = [](operation& op, std::int64_t n) noexcept {
      return N::goes_on(static_cast<Op&>(op), n);
    };
  }
  if constexpr (requires(Op& op) { N::attempt(op); }) {
    r.attempt = [](operation& op) noexcept -> std::int64_t {
      return N::attempt(static_cast<Op&>(op));
    };
  }
  if constexpr (requires(const Op& op) { N::wanted(op); }) {
    r.wanted = [](const operation& op) noexcept { return N::wanted(static_cast<const Op&>(op)); };
  }
  if constexpr (requires(Op& op, io_uring_sqe& e) { N::prepare(op, e); }) {
    r.prepare = [](operation& op, io_uring_sqe& e) noexcept {
      return N::prepare(static_cast<Op&>(op), e);
    };
    r.opcode = N::opcode;
  }
  if constexpr (requires(Op& op) { N::finish(op, std::int64_t{}); }) {
    r.finish = [](operation& op, std::int64_t n) noexcept { N::finish(static_cast<Op&>(op), n); };
  } else {
    r.finish = finish_plainly<Op>;
  }
  r.cancel = N::cancel;
  if constexpr (requires { N::route; }) r.route = N::route;
  if constexpr (requires { N::readiness; }) r.readiness = N::readiness;
  return r;
}

template <class Op>
inline constexpr native_row row_of = make_row<Op>();

/// The row of a kind.
const native_row* row_for(op_kind kind) noexcept;

}  // namespace sluice::inline v0

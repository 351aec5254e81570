// The waist: one request, owned by whoever asked, that completes exactly once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "sluice/core/driver.hpp"
#include "sluice/core/error.hpp"
#include "sluice/core/op_kind.hpp"
#include "sluice/core/stop_token.hpp"

namespace sluice::inline v0 {

class space;

/// What a space calls the thing an operation is about: a descriptor, an inode, a fid.
using handle_id = std::uint64_t;

enum class op_state : std::uint8_t {
  idle,        // not submitted; may be destroyed
  submitting,  // inside space::submit; completing now means "at once"
  pending,     // whoever holds it will complete it; neither it nor its buffers may go away
  watched,     // pending, and a stop source or a timer knows of it
  finished     // completed; may be destroyed
};

/// What `deadline.when` of an operation means.
enum class time_limit : std::uint8_t { none, at, after_submission };

/// The part that all operations share. While pending, `scratch` belongs to whoever holds the
/// operation (a queue link, a ring's bookkeeping, a 9P tag); everything else is read-only to them
/// but `failure` and the result.
struct operation : resumption {
  explicit operation(op_kind k, space& s, handle_id i) noexcept : target(&s), id(i), kind(k) {}
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;
  ~operation() {
    SLUICE_ASSERT(state == op_state::idle || state == op_state::finished,
                  "an operation was destroyed while it was pending");
  }

  space* target;
  handle_id id;
  driver* home = nullptr;  // whose thread completes it
  error failure;

  op_kind kind;
  op_state state = op_state::idle;
  bool expired = false;     // its deadline passed while it was pending
  time_limit limit = time_limit::none;

  stop_source* stop_by = nullptr;
  // Most operations have neither a stop source nor a deadline: only what tells that is initialised.
  struct stop_link : stop_slot {
    stop_link() noexcept : stop_slot(unlinked) {}
    operation* op;
  } stopper;
  struct deadline_timer : timer {
    deadline_timer() noexcept : timer(unarmed) {}
    operation* op;
  } deadline;

  alignas(8) std::byte scratch[64];

  /// The holder's last act, on the home driver's thread: the result is in place.
  void complete() noexcept {
    SLUICE_ASSERT(state == op_state::submitting || pending(),
                  "an operation completed twice, or before it was submitted");
    if (state == op_state::pending) [[likely]] {
      state = op_state::finished;
      home->schedule(*this);
    } else {
      complete_otherwise();
    }
  }

  bool pending() const noexcept {
    return state == op_state::pending || state == op_state::watched;
  }

  void fail(error e) noexcept {
    failure = e;
    complete();
  }

 private:
  void complete_otherwise() noexcept {
    const bool at_once = std::exchange(state, op_state::finished) == op_state::submitting;
    if (at_once) return;
    if (stopper.linked()) stopper.unlink();
    if (deadline.armed()) home->timers().disarm(deadline);
    if (expired && failure == error(errc::canceled)) failure = errc::timed_out;
    home->schedule(*this);
  }
};

/// An operation with a result. `value` is meaningful only where `failure` is not set.
template <op_kind Kind, class Value>
struct operation_of : operation {
  using value_type = Value;
  static constexpr op_kind its_kind = Kind;
  operation_of(space& s, handle_id i) noexcept : operation(Kind, s, i) {}
  Value value{};
};

template <op_kind Kind>
struct operation_of<Kind, void> : operation {
  using value_type = void;
  static constexpr op_kind its_kind = Kind;
  operation_of(space& s, handle_id i) noexcept : operation(Kind, s, i) {}
};

}  // namespace sluice::inline v0

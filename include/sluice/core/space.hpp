#pragma once

#include "sluice/core/transfer.hpp"

namespace sluice::inline v0 {

/// What carried out an operation that did not end inside its submission.
enum class way_taken : std::uint8_t { unknown, ring, pool };

/// One row per kind of operation, and the two things that are about a space and not about an
/// operation's arguments. Tables are constants.
struct space_table {
  using row = void (*)(space&, operation&) noexcept;

  const char* name;
  row rows[op_kinds];

  /// Every row says not_supported until it is filled.
  explicit constexpr space_table(const char* n) noexcept : name(n) {
    for (row& r : rows) r = unsupported;
  }
  static void unsupported(space&, operation& op) noexcept { op.fail(errc::not_supported); }
  constexpr bool supports(op_kind kind) const noexcept {
    return rows[static_cast<std::size_t>(kind)] != unsupported;
  }

  /// Asked to end `op` early. A request: the operation still completes exactly once, and with what
  /// really happened. Null: its operations can't be cancelled.
  row cancel = nullptr;

  /// A handle was destroyed without an awaited close. Never blocks, fails or allocates.
  void (*release)(space&, handle_id) noexcept = nullptr;

  /// How an operation that ended later was carried out; asked before its memory is used for anything
  /// else. Null: it is not known.
  way_taken (*way)(space&, const operation&) noexcept = nullptr;

  constexpr row& operator[](op_kind kind) noexcept { return rows[static_cast<std::size_t>(kind)]; }
};

/// Accepts operations and gives handle ids meaning. Serves every driver.
class space {
 public:
  space(const space&) = delete;
  space& operator=(const space&) = delete;

  /// Never fails, blocks (but for a driver without a carrier) or recurses; the operation completes
  /// later, or before this returns.
  void submit(operation& op) noexcept {
    table_->rows[static_cast<std::size_t>(op.kind)](*this, op);
  }

  void cancel(operation& op) noexcept {
    if (is_transfer(op.kind)) {
      auto& t = static_cast<transfer&>(op);
      t.stopping = true;
      if (t.asks != nullptr) {
        if (t.asks->pending()) t.asks->target->cancel(*t.asks);
        return;
      }
    }
    if (table_->cancel != nullptr) table_->cancel(*this, op);
  }

  void release(handle_id id) noexcept {
    if (table_->release != nullptr) table_->release(*this, id);
  }

  way_taken way_of(const operation& op) noexcept {
    return table_->way != nullptr ? table_->way(*this, op) : way_taken::unknown;
  }

  const char* name() const noexcept { return table_->name; }
  const space_table& table() const noexcept { return *table_; }

 protected:
  explicit constexpr space(const space_table& table) noexcept : table_(&table) {}
  ~space() = default;

 private:
  const space_table* table_;
};

namespace detail {

constexpr space_table make_apart_rows() noexcept {
  space_table t{"two spaces"};
  for (space_table::row& r : t.rows) {
    r = [](space&, operation& op) noexcept { op.fail(errc::cross_device); };
  }
  return t;
}
inline constexpr space_table apart_rows = make_apart_rows();

/// Stands where an operation names things of two spaces: nothing can carry that out.
struct apart final : space {
  constexpr apart() noexcept : space(apart_rows) {}
};
// Constant: where nothing runs before main, it has to be there nevertheless.
inline constinit apart apart_space;

}  // namespace detail

/// Whom to ask for something between two handles: their space, or, if they have none in common, one
/// where everything ends with errc::cross_device.
inline space& common_space(space& a, space& b) noexcept {
  return &a == &b ? a : static_cast<space&>(detail::apart_space);
}

namespace detail {

inline void stop_operation(stop_slot& s) noexcept {
  operation& op = *static_cast<operation::stop_link&>(s).op;
  op.target->cancel(op);
}

inline void expire_operation(timer& t) noexcept {
  operation& op = *static_cast<operation::deadline_timer&>(t).op;
  op.expired = true;
  op.target->cancel(op);
}

/// Submits an operation that has a stop source or a deadline, and listens for what may end it
/// early.
[[gnu::noinline]] inline bool start_watched(operation& op, stop_source* stop) noexcept {
  SLUICE_ASSERT(stop == nullptr || &stop->home() == op.home,
                "an operation would listen to a stop source of another driver");
  // A close is done whatever is asked: the handle has given its id away already.
  if (stop != nullptr && stop->stop_requested() && op.kind != op_kind::close) {
    op.failure = errc::canceled;
    op.state = op_state::finished;
    return true;
  }
  if (op.limit == time_limit::after_submission) {
    const time_point_ns now = op.home->now();
    op.deadline.when = op.deadline.when < never - now ? op.deadline.when + now : never;
    op.limit = time_limit::at;
  }
  op.target->submit(op);
  if (op.state == op_state::finished) return true;
  op.state = op_state::watched;
  if (stop != nullptr && !stop->stop_requested()) {
    op.stopper.op = &op;
    op.stopper.requested = stop_operation;
    stop->link(op.stopper);
  }
  if (op.limit != time_limit::none) {
    op.deadline.op = &op;
    op.deadline.fire = expire_operation;
    op.home->timers().arm(op.deadline);
  }
  return false;
}

}  // namespace detail

/// Submits `op` to its space. True: it has finished, and nothing was queued. False: `op.run` will
/// be run by `home` when it has.
inline bool start(operation& op, driver& home, stop_source* stop) noexcept {
  SLUICE_ASSERT(op.state == op_state::idle || op.state == op_state::finished,
                "an operation was submitted while it was pending");
  op.home = &home;
  op.failure = {};
  op.expired = false;
  op.state = op_state::submitting;
  if (stop != nullptr || op.limit != time_limit::none) [[unlikely]]
    return detail::start_watched(op, stop);
  op.target->submit(op);
  if (op.state == op_state::finished) return true;
  op.state = op_state::pending;
  return false;
}

}  // namespace sluice::inline v0

#include "conformance/suite/hooked_space.hpp"

#include <utility>

#include "sluice/fs/ops.hpp"

namespace sluice::conformance {

struct hooked_space::table_maker {
  static hooked_space& of(space& s) noexcept { return static_cast<hooked_space&>(s); }

  static space_table make(bool piecewise) noexcept {
    space_table t{"hooked"};
    for (space_table::row& r : t.rows) r = [](space& s, operation& op) noexcept { of(s).submit(op); };
    if (piecewise) ops::carry_transfers_piecewise(t);
    t.cancel = [](space& s, operation& op) noexcept { of(s).stop(op); };
    t.release = [](space& s, handle_id id) noexcept { of(s).inner().release(id); };
    return t;
  }
  static const space_table& rows(bool piecewise) noexcept {
    static const space_table tables[] = {make(false), make(true)};
    return tables[piecewise ? 1 : 0];
  }
};

hooked_space::hooked_space(space& inner, hooks h)
    : space(table_maker::rows(h.piecewise)), inner_(inner), hooks_(std::move(h)) {}

void hooked_space::submit(operation& op) noexcept {
  if (hooks_.instead && hooks_.instead(op)) return;
  if (!hooks_.ended) return inner_.submit(op);
  {
    const std::lock_guard lock(mutex_);
    pending_[&op] = {op.run, op.waiter};
  }
  op.waiter = this;
  op.run = [](job& j) noexcept {
    auto& ended = static_cast<operation&>(j);
    auto& self = *static_cast<hooked_space*>(ended.waiter);
    self.end(ended);
    if (ended.run != nullptr) return ended.run(ended);
    ended.home->resume_next(std::coroutine_handle<>::from_address(ended.waiter));
  };
  inner_.submit(op);
  if (op.state == op_state::finished) end(op);
}

void hooked_space::stop(operation& op) noexcept {
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(&op);
    if (found != pending_.end()) found->second.stop = true;
  }
  if (hooks_.hands_on_stops) inner_.cancel(op);
}

void hooked_space::end(operation& op) noexcept {
  asked by_owner;
  {
    const std::lock_guard lock(mutex_);
    by_owner = pending_.extract(&op).mapped();
  }
  op.run = by_owner.run;
  op.waiter = by_owner.waiter;
  hooks_.ended(op, by_owner.stop);
}

}  // namespace sluice::conformance

#include "conformance/wrong_spaces.hpp"

namespace sluice::conformance {

namespace {

wrong_space& wrong(space& s) noexcept { return static_cast<wrong_space&>(s); }

void submit(space& s, operation& op) noexcept {
  wrong_space& w = wrong(s);
  w.inner().submit(op);
  if (op.kind == w.made().kind && op.state == op_state::finished) w.made().spoil(op);
}

constexpr space_table make_table() noexcept {
  space_table t{"wrong"};
  for (space_table::row& r : t.rows) r = submit;
  ops::carry_transfers_piecewise(t);  // so that they meet the mistakes, too
  t.cancel = [](space& s, operation& op) noexcept { wrong(s).inner().cancel(op); };
  t.release = [](space& s, handle_id id) noexcept { wrong(s).inner().release(id); };
  return t;
}

constexpr space_table rows = make_table();

}  // namespace

wrong_space::wrong_space(space& inner, mistake made) noexcept
    : space(rows), inner_(inner), mistake_(made) {}

}  // namespace sluice::conformance

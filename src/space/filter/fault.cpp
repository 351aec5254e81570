#include "sluice/space/fault.hpp"

#include <algorithm>

#include "space/filter/mixed.hpp"
#include "space/filter/bytes.hpp"

namespace sluice::inline v0 {

struct fault_space::record : hop {
  std::size_t whole;  // what was asked for before it was shortened
};

struct fault_space::rule_state {
  fault_rule rule;
  std::uint64_t seen = 0;
  std::uint64_t hits = 0;

  bool is_about(op_kind kind) const noexcept {
    if (rule.about != fault_rule::every_kind) return rule.about == kind;
    return kind != op_kind::close && kind != op_kind::sleep;
  }
};

namespace {

/// Half of it, in whole units, but not nothing.
std::size_t half(std::size_t size, std::size_t unit) noexcept {
  return std::min(size, std::max(size / 2 / unit, std::size_t{1}) * unit);
}

/// What a transfer is told to do less of, as one number.
template <class Op>
std::size_t extent_of(const Op& op) noexcept {
  if constexpr (requires { op.buffer; }) {
    return op.buffer.size();
  } else if constexpr (requires { op.slices; }) {
    return op.slices.size();
  } else {
    return op.size;
  }
}

/// A span that was made shorter may be made longer again: what is behind it is still the caller's.
template <class Op>
void set_extent(Op& op, std::size_t n) noexcept {
  if constexpr (requires { op.buffer; }) {
    op.buffer = {op.buffer.data(), n};
  } else if constexpr (requires { op.slices; }) {
    op.slices = {op.slices.data(), n};
  } else {
    op.size = n;
  }
}

template <class Op>
void shorten(Op& op) noexcept {
  const std::size_t all = extent_of(op);
  if constexpr (requires { op.buffer; op.offset; }) {
    constexpr std::size_t sector = 512;  // what direct I/O needs at least
    set_extent(op, half(all, (op.offset | all) % sector == 0 ? sector : 1));
  } else {
    set_extent(op, half(all, 1));
  }
}

}  // namespace

void fault_space::submit(space& s, operation& op) noexcept {
  auto& self = static_cast<fault_space&>(s);
  const std::uint32_t hit = self.choose(op.kind);
  if (hit == unharmed) return self.inner().submit(op);
  const fault_rule& rule = self.rules_[hit].rule;
  if (rule.what == fault_kind::fail && op.kind != op_kind::close) return op.fail(rule.failure);
  if (self.enter(op, fitting(op.kind), hit)) return;
  {
    const std::lock_guard lock(self.mutex());
    ++self.missed_;
  }
  self.inner().submit(op);
}

void fault_space::submit_close(space& s, operation& op) noexcept {
  static_cast<fault_space&>(s).end_waiting(op.id);
  submit(s, op);
}

void fault_space::cancel(space& s, operation& op) noexcept {
  auto& self = static_cast<fault_space&>(s);
  const hop_link* l = self.find(op);
  const bool deaf = l != nullptr && l->at == hop_link::stage::inside &&
                    self.rule_of(*l).what == fault_kind::ignore_cancel;
  if (!deaf) self.cancel_here_or_inside(op);
}

constexpr space_table fault_space::rows = [] {
  space_table t = hop_rows("fault");
  for (space_table::row& r : t.rows) r = submit;
  t[op_kind::close] = submit_close;
  t.cancel = cancel;
  ops::carry_transfers_piecewise(t);  // so that rules about reads and writes are about theirs, too
  return t;
}();

fault_space::fault_space(space& inner, const fault_options& options)
    : hop_space(rows, inner),
      records_(std::make_unique<record[]>(std::max(1u, options.slab))),
      rules_(std::make_unique<rule_state[]>(options.rules.size())),
      rule_count_(options.rules.size()),
      random_(options.seed) {
  for (std::size_t i = 0; i < rule_count_; ++i) rules_[i].rule = options.rules[i];
  stock(records_.get(), std::max(1u, options.slab));
}

fault_space::~fault_space() = default;

/// Every rule about the kind counts the operation and draws its chance, also behind one that hits: what
/// a rule does depends on no other.
std::uint32_t fault_space::choose(op_kind kind) noexcept {
  if (rule_count_ == 0) return unharmed;
  std::uint32_t hit = unharmed;
  const std::lock_guard lock(mutex());
  for (std::uint32_t i = 0; i < rule_count_; ++i) {
    rule_state& r = rules_[i];
    if (!r.is_about(kind)) continue;
    const std::uint64_t n = r.seen++;
    if (n < r.rule.after || (n - r.rule.after) % std::max<std::uint64_t>(r.rule.every, 1) != 0) continue;
    random_ += mixing_step;
    const double chance = static_cast<double>(mixed(random_) >> 11) * 0x1p-53;
    if (chance >= r.rule.probability || hit != unharmed || r.hits == r.rule.at_most) continue;
    ++r.hits;
    hit = i;
  }
  return hit;
}

std::uint64_t fault_space::hits(std::size_t rule) const noexcept {
  const std::lock_guard lock(mutex());
  return rules_[rule].hits;
}

std::uint64_t fault_space::missed() const noexcept {
  const std::lock_guard lock(mutex());
  return missed_;
}

const fault_rule& fault_space::rule_of(const hop_link& l) const noexcept {
  return rules_[l.note].rule;
}

void fault_space::begin(hop& h) noexcept {
  const fault_rule& rule = rule_of(h);
  // A sleep ends by being cancelled, and a close is never: neither can be made to wait here.
  const bool may_wait = h.op->kind != op_kind::close && h.op->kind != op_kind::sleep;
  if (rule.what == fault_kind::delay && may_wait) {
    return hold(h, h.op->home->now() + rule.delay);
  }
  if (rule.what == fault_kind::shorten) {
    visit_mover(*h.op, [&h](auto& op) {
      static_cast<record&>(h).whole = extent_of(op);
      shorten(op);
    });
  }
  go_on(h);
}

/// The caller gets back what it gave, with what was done of it.
void fault_space::end(hop& h, bool) noexcept {
  const fault_rule& rule = rule_of(h);
  if (rule.what == fault_kind::shorten) {
    visit_mover(*h.op, [&h](auto& op) { set_extent(op, static_cast<record&>(h).whole); });
  }
  if (rule.what == fault_kind::fail && !h.op->failure) h.op->failure = rule.failure;
}

}  // namespace sluice::inline v0

#include "sluice/space/fragment.hpp"

#include <algorithm>
#include <atomic>

namespace sluice::inline v0 {

/// Where the filter cuts, and what it must not.
class fragment::cuts {
 public:
  explicit cuts(const fragment_options& o) : pieces(std::max(1u, o.pieces)), seed_(o.seed) {}

  const unsigned pieces;

  /// splitmix64: every number is a good one, and loops need not wait for each other.
  std::uint64_t random() noexcept {
    std::uint64_t z = seed_.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Ids are remembered by their remainder: another's write may stay whole without need.
  void remember_append(handle_id id) noexcept { appends_[id % marks] = true; }
  bool may_append(handle_id id) const noexcept { return appends_[id % marks]; }

 private:
  static constexpr std::size_t marks = 4096;

  std::atomic<std::uint64_t> seed_;
  std::atomic<bool> appends_[marks] = {};
};

namespace {

space& inner_of(space& s) noexcept { return static_cast<fragment_space&>(s).inner(); }
splitter& parts_of(space& s) noexcept { return static_cast<fragment_space&>(s).parts(); }
fragment::cuts& cuts_of(space& s) noexcept { return static_cast<fragment_space&>(s).cuts(); }

/// The size of the next piece: random, and at least one unit for each that is left.
std::size_t cut(fragment::cuts& by, const split_question& q) noexcept {
  const unsigned left = by.pieces > q.parts ? by.pieces - q.parts : 1;
  // The bytes that make one indivisible unit of the transfer.
  const std::uint64_t all = q.offset | q.size | 4096;
  const std::size_t unit = all & (~all + 1);
  const std::size_t units = q.size / unit;
  if (left == 1 || units <= 1) return q.size;
  if (units <= left) return unit;
  return unit * (1 + by.random() % (units - left));
}

split_part next(space& s, const split_question& q) noexcept {
  fragment::cuts& by = cuts_of(s);
  const op_kind kind = q.asked.kind;
  const bool appends =
      (kind == op_kind::write_at || kind == op_kind::write_segments) && by.may_append(q.asked.id);
  // Cut, a range beyond all offsets could have pieces that are none.
  const bool beyond = q.offset > INT64_MAX - q.size;
  const std::size_t size = kind == op_kind::open || appends || beyond ? q.size : cut(by, q);
  return split_part::of(inner_of(s), q.asked.id, q.offset, size);
}

/// The id of a file that appends is known only when it has been opened.
split_outcome landed(space& s, const split_question& q, const split_part&, const operation& child,
                     split_outcome went) noexcept {
  if (q.asked.kind == op_kind::open && !went.why) {
    auto& op = static_cast<ops::open&>(q.asked);
    op.value = static_cast<const ops::open&>(child).value;
    cuts_of(s).remember_append(op.value);
  }
  return went;
}

void forward(space& s, operation& op) noexcept { inner_of(s).submit(op); }
void submit_split(space& s, operation& op) noexcept { parts_of(s).submit(op); }

constexpr split_plan make_plan() noexcept {
  split_plan plan{next};
  plan.landed = landed;
  plan.closed = forward;
  plan.last_first = true;
  return plan;
}
constexpr split_plan plan = make_plan();

bool is_split(const operation& op) noexcept {
  switch (op.kind) {
    case op_kind::read_at:
    case op_kind::write_at:
    case op_kind::read_segments:
    case op_kind::write_segments: return true;
    case op_kind::open: return any(static_cast<const ops::open&>(op).mode & open_mode::append);
    default: return false;
  }
}

void submit_open(space& s, operation& op) noexcept {
  is_split(op) ? submit_split(s, op) : forward(s, op);
}

void submit_close(space& s, operation& op) noexcept { parts_of(s).close(op); }

void cancel(space& s, operation& op) noexcept {
  if (op.kind == op_kind::close) return;
  is_split(op) ? parts_of(s).cancel(op) : inner_of(s).cancel(op);
}

constexpr space_table make_table() noexcept {
  space_table t = forwarding_rows("fragment");
  for (const op_kind cuts : {op_kind::read_at, op_kind::write_at, op_kind::read_segments,
                             op_kind::write_segments}) {
    t[cuts] = submit_split;
  }
  t[op_kind::open] = submit_open;
  t[op_kind::close] = submit_close;
  t.cancel = cancel;
  return t;
}

constexpr space_table rows = make_table();

}  // namespace

fragment_space::fragment_space(space& inner, const fragment_options& options)
    : forwarding_space(rows, inner),
      cuts_(std::make_unique<fragment::cuts>(options)),
      parts_(*this, plan, {options.slab, std::max(1u, options.pieces)}) {}

fragment_space::~fragment_space() = default;

}  // namespace sluice::inline v0

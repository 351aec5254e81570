#include <algorithm>

#include "space/filter/fragment_slab.hpp"

namespace sluice::inline v0 {

namespace {

using fragment::parent;
using fragment::piece;
using fragment::slab;

slab& slab_of(space& s) noexcept { return static_cast<fragment_space&>(s).pieces(); }
space& inner_of(space& s) noexcept { return static_cast<fragment_space&>(s).inner(); }

/// The bytes that make one indivisible unit of the transfer.
template <class Op>
std::size_t unit_of(const Op& op) noexcept {
  const std::uint64_t all = op.offset | op.buffer.size() | 4096;
  return all & (~all + 1);
}

/// The size of the next of `left` pieces, of `bytes` bytes: random, and at least one unit for each.
std::size_t cut(slab& s, std::size_t bytes, std::size_t unit, unsigned left) noexcept {
  const std::size_t units = bytes / unit;
  if (left == 1 || units <= left) return left == 1 ? bytes : unit;
  return unit * (1 + s.random() % (units - left));
}

template <class Op>
void fill(space& s, parent& p) noexcept {
  auto& op = static_cast<Op&>(*p.op);
  const std::size_t unit = unit_of(op);
  unsigned left = 0;
  for (piece* at = p.first; at != nullptr; at = at->next) ++left;
  std::size_t begin = 0;
  for (piece* at = p.first; at != nullptr; at = at->next, --left) {
    const std::size_t size = cut(slab_of(s), op.buffer.size() - begin, unit, left);
    at->make<Op>(inner_of(s), op.id, op.buffer.subspan(begin, size), op.offset + begin,
                 op.registered_with, op.registered_index);
    begin += size;
  }
}

/// What came whole from the start counts; what stopped it, only if nothing did.
template <class Op>
void settle(parent& p) noexcept {
  auto& op = static_cast<Op&>(*p.op);
  op.value = 0;
  for (piece* at = p.first; at != nullptr; at = at->next) {
    const auto& child = static_cast<Op&>(at->child());
    if (child.failure) {
      if (op.value == 0) op.failure = child.failure;
      return;
    }
    op.value += child.value;
    if (child.value < child.buffer.size()) return;
  }
}

/// One of the kinds that the filter carries out by pieces.
struct split {
  void (*fill)(space&, parent&) noexcept;
  void (*settle)(parent&) noexcept;
};

void fill_open(space& s, parent& p) noexcept {
  auto& op = static_cast<ops::open&>(*p.op);
  p.first->make<ops::open>(inner_of(s), op.id, op.path, op.mode, op.permissions);
}

void settle_open(parent& p) noexcept {
  auto& op = static_cast<ops::open&>(*p.op);
  const auto& child = static_cast<ops::open&>(p.first->child());
  op.failure = child.failure;
  op.value = child.value;
  if (!op.failure) p.in->pieces().remember_append(op.value);
}

const split& split_of(op_kind kind) noexcept {
  static constexpr split reads{fill<ops::read_at>, settle<ops::read_at>};
  static constexpr split writes{fill<ops::write_at>, settle<ops::write_at>};
  static constexpr split opens{fill_open, settle_open};
  return kind == op_kind::read_at ? reads : kind == op_kind::write_at ? writes : opens;
}

void finish(parent& p) noexcept {
  operation& op = *p.op;
  slab& from = p.in->pieces();
  split_of(op.kind).settle(p);
  for (piece* at = p.first; at != nullptr; at = at->next) at->destroy();
  {
    const std::lock_guard lock(from.mutex());
    from.give_back(p.first);
  }
  op.complete();
}

/// A piece has completed, on the loop of its operation.
void piece_done(job& j) noexcept {
  auto& p = *static_cast<parent*>(static_cast<operation&>(j).waiter);
  if (--p.under_way == 0) finish(p);
}

/// Submits the last piece first. True: all have finished.
bool start_pieces(parent& p, piece* at) noexcept {
  if (at->next != nullptr) start_pieces(p, at->next);
  operation& child = at->child();
  child.run = piece_done;
  child.waiter = &p;
  if (start(child, *p.op->home, nullptr)) --p.under_way;
  return p.under_way == 0;
}

bool start_all(space& s, parent& p) noexcept {
  split_of(p.op->kind).fill(s, p);
  p.under_way = 0;
  for (piece* at = p.first; at != nullptr; at = at->next) ++p.under_way;
  return start_pieces(p, p.first);
}

/// The loop's turn of one that waited: it has a piece, or it is not to go on, or both.
void wait_ended(job& j) noexcept {
  auto& p = static_cast<parent&>(j);
  operation& op = *p.op;
  slab& from = p.in->pieces();
  bool over = false;
  {
    const std::lock_guard lock(from.mutex());
    from.leave_line(p);
    if (p.cancelled) {
      from.give_back(p.first);
    } else {
      // Still under the mutex: a close that comes now must find the piece under way.
      over = start_all(*p.in, p);
    }
  }
  if (p.cancelled) {
    op.fail(errc::canceled);
  } else if (over) {
    finish(p);
  }
}

void submit_split(space& s, operation& op, unsigned wanted) noexcept {
  auto& p = *::new (static_cast<void*>(op.scratch)) parent{};
  p.op = &op;
  p.in = static_cast<fragment_space*>(&s);
  slab& from = slab_of(s);
  {
    const std::lock_guard lock(from.mutex());
    p.first = from.take(wanted);
    if (p.first == nullptr) {
      p.run = wait_ended;
      return from.put_in_line(p);
    }
  }
  if (start_all(s, p)) finish(p);
}

template <class Op>
void submit_transfer(space& s, operation& base) noexcept {
  auto& op = static_cast<Op&>(base);
  slab& from = slab_of(s);
  const bool appends = op.kind == op_kind::write_at && from.may_append(op.id);
  // Cut, a range beyond all offsets could have pieces that are none.
  const bool beyond = op.offset > INT64_MAX - op.buffer.size();
  const std::size_t units = appends || beyond ? 1 : op.buffer.size() / unit_of(op);
  const std::size_t wanted = std::clamp<std::size_t>(units, 1, from.cut_into());
  submit_split(s, op, static_cast<unsigned>(wanted));
}

/// The id of a file that appends is known only when it has been opened.
void submit_open(space& s, operation& base) noexcept {
  const auto& op = static_cast<ops::open&>(base);
  if (!any(op.mode & open_mode::append)) return inner_of(s).submit(base);
  submit_split(s, base, 1);
}

void submit_close(space& s, operation& op) noexcept {
  slab& from = slab_of(s);
  {
    const std::lock_guard lock(from.mutex());
    from.cancel_waiting(op.id);
  }
  inner_of(s).submit(op);
}

void forward(space& s, operation& op) noexcept { inner_of(s).submit(op); }

bool is_split(const operation& op) noexcept {
  if (op.kind != op_kind::open) return op.kind == op_kind::read_at || op.kind == op_kind::write_at;
  return any(static_cast<const ops::open&>(op).mode & open_mode::append);
}

void cancel(space& s, operation& op) noexcept {
  if (!is_split(op)) return inner_of(s).cancel(op);
  auto& p = parent::of(op);
  {
    slab& from = slab_of(s);
    const std::lock_guard lock(from.mutex());
    if (p.waiting) return from.cancel_waiting(p);
  }
  for (piece* at = p.first; at != nullptr; at = at->next) {
    if (at->child().pending()) inner_of(s).cancel(at->child());
  }
}

void release(space& s, handle_id id) noexcept { inner_of(s).release(id); }

constexpr space_table make_table() noexcept {
  space_table t{"fragment"};
  for (space_table::row& r : t.rows) r = forward;
  t[op_kind::read_at] = submit_transfer<ops::read_at>;
  t[op_kind::write_at] = submit_transfer<ops::write_at>;
  ops::carry_transfers_piecewise(t);
  t[op_kind::open] = submit_open;
  t[op_kind::close] = submit_close;
  t.cancel = cancel;
  t.release = release;
  return t;
}

constexpr space_table rows = make_table();

}  // namespace

fragment_space::fragment_space(space& inner, const fragment_options& options)
    : space(rows), inner_(inner), slab_(std::make_unique<fragment::slab>(options)) {}

fragment_space::~fragment_space() = default;

}  // namespace sluice::inline v0

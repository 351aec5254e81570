#include "space/split/kinds.hpp"
#include "space/split/work.hpp"

namespace sluice::inline v0 {

namespace split {

namespace {

void cancel_pieces(parent& p) noexcept {
  slab& from = *p.by;
  for (piece* at = p.pieces; at != nullptr; at = at->sibling) {
    if (at->waits) {
      if (from.plan.forget(from.owner, *at)) splitter::wake(*at);
    } else if (at->child != nullptr && at->child->pending()) {
      at->child->target->cancel(*at->child);
    }
  }
}

/// It has not begun, and does not.
void refuse(operation& op, errc why) noexcept {
  if (is_transfer(op.kind)) {
    segment::whole_of(static_cast<transfer&>(op)).fail(why);
  } else {
    op.fail(why);
  }
}

/// Its turn in the line, or somebody else's wish that it ends.
void parent_called(job& j) noexcept {
  auto& p = static_cast<parent&>(j);
  if (!p.waiting) {
    if (p.by->stop_heard(p)) return work(p).conclude();
    p.stopping = true;
    return cancel_pieces(p);
  }
  if (piece* one = p.by->turn(p)) {
    work now(p);
    now.begin(*one);
    now.finish();
  } else {
    refuse(*p.op, errc::canceled);
  }
}

}  // namespace

}  // namespace split

splitter::splitter(space& of, const split_plan& plan, const split_options& options)
    : slab_(std::make_unique<split::slab>(of, plan, options)) {}

splitter::~splitter() = default;

void splitter::submit(operation& op) noexcept {
  auto& p = *::new (static_cast<void*>(op.scratch)) split::parent{};
  p.op = &op;
  p.by = slab_.get();
  p.run = split::parent_called;
  switch (slab_->enter(p)) {
    case split::outlook::later:
      return;
    case split::outlook::never:
      return split::refuse(op, errc::would_deadlock);
    case split::outlook::now:
      break;
  }
  split::work now(p);
  now.begin(*p.pieces);
  now.finish();
}

void splitter::cancel(operation& op) noexcept {
  if (op.kind == op_kind::close) return;
  auto& p = split::parent::of(op);
  if (slab_->stop(p)) split::cancel_pieces(p);
}

void splitter::close(operation& op) noexcept {
  auto& c = *::new (static_cast<void*>(op.scratch)) split::closer{};
  c.op = &op;
  c.by = slab_.get();
  c.run = [](job& j) noexcept {
    auto& its = static_cast<split::closer&>(j);
    its.by->plan.closed(its.by->owner, *its.op);
  };
  switch (slab_->silence_all(c)) {
    case split::outlook::now:
      return slab_->plan.closed(slab_->owner, op);
    case split::outlook::later:
      return;
    case split::outlook::never:
      break;
  }
  // Nothing was closed: else nobody would have the file any more.
  auto& asked = static_cast<ops::close&>(op);
  if (asked.from != nullptr) asked.from->take_back(*op.target, op.id);
  op.fail(errc::would_deadlock);
}

void splitter::wake(split_waiter& waiter) noexcept {
  waiter.run = [](job& j) noexcept {
    auto& its = static_cast<split::piece&>(j);
    its.waits = false;
    split::work now(*its.of);
    now.go_on(its);
    now.finish();
  };
  static_cast<split::piece&>(waiter).of->op->home->post(waiter);
}

}  // namespace sluice::inline v0

#include "space/split/work.hpp"

#include <cstring>

#include "space/split/kinds.hpp"

namespace sluice::inline v0::split {

void work::begin(piece& whole) noexcept {
  operation& op = *p_.op;
  p_.under_way = 1;
  whole.of = &p_;
  whole.waits_for = nullptr;
  whole.sibling = nullptr;
  whole.begin = 0;
  whole.size = buffer_of(op).size();
  if (is_transfer(op.kind)) {
    whole.told = segment::whole_of(static_cast<transfer&>(op));
  } else if (moves_bytes(op.kind)) {
    gap_of(op) = whole.size;
  } else {
    whole.size = slab_.plan.members == nullptr ? 1 : slab_.plan.members(slab_.owner, op);
  }
  // A plain transfer of nothing may still be refused.
  const bool nothing =
      whole.size == 0 && op.kind != op_kind::read_at && op.kind != op_kind::write_at;
  nothing ? end(whole, {}) : to_ask_.push(whole);
}

void work::finish() noexcept {
  for (;;) {
    if (!to_ask_.empty()) {
      ask(to_ask_.pop());
    } else if (!to_start_.empty()) {
      start_child(to_start_.pop());
    } else {
      break;
    }
  }
  if (ended_ == nullptr) return;
  if (p_.under_way > 0) {
    tell(*ended_);
    slab_.give_back(*ended_);
  } else {
    p_.pieces = ended_;
    conclude();
  }
}

void work::conclude() noexcept {
  operation& op = *p_.op;
  slab& from = slab_;
  piece& last = *p_.pieces;
  segment told = std::move(last.told);
  const std::size_t done = told ? last.begin - told.begin() : 0;
  const error why = last.why;
  if (!from.leave(p_, last)) {
    last.told = std::move(told);
    return;
  }
  // The piece is somebody else's now.
  if (from.plan.ended != nullptr) from.plan.ended(from.owner, op);
  if (told) return told.finish(done, why);
  if (moves_bytes(op.kind) && (gap_of(op) > 0 || op.failure == errc::end_of_file)) op.failure = {};
  op.complete();
}

split_question work::question_of(piece& one) const noexcept {
  operation& op = *p_.op;
  split_question q{op, offset_of(op) + one.begin, one.size, {}, p_.parts, &one};
  if (reads(op.kind)) q.into = buffer_of(op).subspan(one.begin, one.size);
  return q;
}

void work::ask(piece& one) noexcept {
  if (p_.stopping) return end(one, errc::canceled);
  one.part = slab_.plan.next(slab_.owner, question_of(one));
  split_part& part = one.part;
  part.size = std::min(part.size, one.size);
  switch (part.what) {
    case split_part::kind::wait:
      one.waits = true;
      return;
    case split_part::kind::end:
      return end(one, errc::end_of_file);
    case split_part::kind::refused:
      return end(one, part.why);
    case split_part::kind::zeros:
      if (reads(p_.op->kind)) std::memset(buffer_of(*p_.op).data() + one.begin, 0, part.size);
      return advance(one, part.size);
    case split_part::kind::ready:
      return advance(one, part.size);
    case split_part::kind::of_file:
      break;
  }
  SLUICE_ASSERT(part.size > 0 || one.size == 0, "a plan gave an empty part");
  if (p_.parts < UINT16_MAX) ++p_.parts;
  hand_over_rest(one);
  slab_.plan.last_first ? to_start_.push_front(one) : to_start_.push(one);
}

/// What lies behind the part goes to another piece, if there is one and it could be told of.
void work::hand_over_rest(piece& one) noexcept {
  if (one.part.size == one.size || p_.under_way == slab_.parts_at_once) return;
  piece* other = slab_.take();
  if (other == nullptr) return;
  if (one.told) {
    segment rest = one.told.split_off(one.begin + one.part.size - one.told.begin());
    if (!rest) return slab_.give_back(*other);
    other->told = std::move(rest);
  }
  other->of = &p_;
  other->waits_for = nullptr;
  other->begin = one.begin + one.part.size;
  other->size = one.size - one.part.size;
  one.size = one.part.size;
  other->sibling = p_.pieces;
  p_.pieces = other;
  ++p_.under_way;
  to_ask_.push(*other);
}

void work::start_child(piece& one) noexcept {
  if (p_.stopping) return end(one, errc::canceled);
  make_child(one, *p_.op);
  one.part_done = 0;
  operation& child = *one.child;
  child.waiter = &one;
  child.run = [](job& j) noexcept {
    piece& its = *static_cast<piece*>(static_cast<operation&>(j).waiter);
    work now(*its.of);
    now.child_ended(its);
    now.finish();
  };
  if (start(child, *p_.op->home, nullptr)) child_ended(one);
}

void work::child_ended(piece& one) noexcept {
  const op_kind kind = p_.op->kind;
  operation& child = *one.child;
  if (!moves_bytes(kind)) return part_over(one, child.failure ? 0 : 1, child.failure);
  const std::size_t wanted = one.part.through.empty() ? one.part.size : one.part.through.size();
  for (;;) {
    if (child.failure) return part_over(one, one.part_done, child.failure);
    const std::size_t n = take_result(one, reads(kind));
    one.part_done += n;
    if (one.part_done == wanted) return part_over(one, wanted, {});
    if (n == 0) break;
    if (p_.stopping) return part_over(one, one.part_done, errc::canceled);
    if (!start(child, *p_.op->home, nullptr)) return;
  }
  const std::size_t exists = reads(kind) ? std::min(one.part.exists, wanted) : 0;
  if (exists > one.part_done) {
    const std::span<std::byte> to =
        one.part.through.empty() ? buffer_of(*p_.op).subspan(one.begin, wanted) : one.part.through;
    std::memset(to.data() + one.part_done, 0, exists - one.part_done);
    one.part_done = exists;
  }
  part_over(one, one.part_done, one.part_done == wanted ? error() : error(errc::end_of_file));
}

void work::part_over(piece& one, std::size_t done, error why) noexcept {
  split_outcome went{done, why};
  const split_plan& plan = slab_.plan;
  if (plan.landed != nullptr) {
    went = plan.landed(slab_.owner, question_of(one), one.part, *one.child, went);
  }
  one.destroy_child();
  if (!moves_bytes(p_.op->kind)) {
    if (went.why && !p_.op->failure) p_.op->failure = went.why;
    return advance(one, 1);  // the other members are asked all the same
  }
  if (!went.why) return advance(one, went.done);
  one.begin += went.done;
  one.size -= went.done;
  end(one, went.why);
}

/// So many bytes, or members, of the range are done.
void work::advance(piece& one, std::size_t done) noexcept {
  one.begin += done;
  one.size -= done;
  if (one.size == 0) return end(one, {});
  if (one.told && done > 0) {
    segment rest = one.told.split_off(one.begin - one.told.begin());
    if (rest) {
      one.told.done();
      one.told = std::move(rest);
    }
  }
  to_ask_.push(one);
}

void work::end(piece& one, error why) noexcept {
  piece** at = &p_.pieces;
  while (*at != &one)
    at = &(*at)->sibling;
  *at = one.sibling;
  one.why = why;
  --p_.under_way;
  operation& op = *p_.op;
  if (why && !is_transfer(op.kind)) {
    if (!moves_bytes(op.kind)) {
      if (!op.failure) op.failure = why;
    } else if (one.begin < gap_of(op)) {
      gap_of(op) = one.begin;
      op.failure = why;
    }
  }
  if (ended_ != nullptr) {
    tell(*ended_);
    slab_.give_back(*ended_);
  }
  ended_ = &one;
}

void work::tell(piece& one) noexcept {
  if (!one.told) return;
  const std::size_t done = one.begin - one.told.begin();
  std::exchange(one.told, segment()).finish(done, one.why);
}

}  // namespace sluice::inline v0::split

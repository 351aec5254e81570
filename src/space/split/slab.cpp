#include "space/split/slab.hpp"

#include "loop/current.hpp"

namespace sluice::inline v0::split {

slab::slab(space& of, const split_plan& p, const split_options& options)
    : owner(of),
      plan(p),
      parts_at_once(std::clamp(options.parts, 1u, 0xffffu)),
      pieces_(std::make_unique<piece[]>(std::max(1u, options.slab))) {
  for (unsigned i = std::max(1u, options.slab); i-- > 0;) {
    pieces_[i].next_listed = free_;
    free_ = &pieces_[i];
  }
}

void slab::link(parent& p, parent**& end) noexcept {
  p.next_here = nullptr;
  p.here = end;
  *end = &p;
  end = &p.next_here;
}

void slab::link_first(parent& p) noexcept {
  p.next_here = line_;
  p.here = &line_;
  (line_ == nullptr ? line_end_ : line_->here) = &p.next_here;
  line_ = &p;
}

void slab::unlink(parent& p) noexcept {
  *p.here = p.next_here;
  if (p.next_here != nullptr) {
    p.next_here->here = p.here;
  } else {
    (p.waiting ? line_end_ : working_end_) = p.here;
  }
}

void slab::post(parent& p) noexcept {
  if (p.posted) return;
  p.posted = true;
  p.op->home->post(p);
}

outlook slab::enter(parent& p) noexcept {
  const std::lock_guard lock(mutex_);
  if (free_ != nullptr) {
    link(p, working_end_);
    p.pieces = free_;
    free_ = free_->next_listed;
    return outlook::now;
  }
  const driver& home = *p.op->home;
  if (all_stand_still_for(home)) return outlook::never;
  p.waiting = true;
  // A piece that came to one which stands still for this one would not come back.
  one_in_line_stands_still_for(home) ? link_first(p) : link(p, line_end_);
  return outlook::later;
}

/// Those who have a piece.
bool slab::all_stand_still_for(const driver& waits) const noexcept {
  for (const parent* p = working_; p != nullptr; p = p->next_here) {
    if (!stands_still_for(waits, *p->op->home)) return false;
  }
  for (const parent* p = line_; p != nullptr; p = p->next_here) {
    if (p->granted && !stands_still_for(waits, *p->op->home)) return false;
  }
  return true;
}

bool slab::one_in_line_stands_still_for(const driver& waits) const noexcept {
  for (const parent* p = line_; p != nullptr; p = p->next_here) {
    if (stands_still_for(waits, *p->op->home)) return true;
  }
  return false;
}

piece* slab::turn(parent& p) noexcept {
  const std::lock_guard lock(mutex_);
  unlink(p);
  p.waiting = p.posted = false;
  if (!p.stopping) {
    link(p, working_end_);
    return p.pieces;
  }
  if (p.granted) put_back(*p.pieces);
  gone(p);
  return nullptr;
}

piece* slab::take() noexcept {
  const std::lock_guard lock(mutex_);
  piece* one = free_;
  if (one != nullptr) free_ = one->next_listed;
  return one;
}

void slab::give_back(piece& one) noexcept {
  const std::lock_guard lock(mutex_);
  put_back(one);
}

void slab::put_back(piece& one) noexcept {
  parent* waits = line_;
  while (waits != nullptr && (waits->granted || waits->stopping))
    waits = waits->next_here;
  if (waits == nullptr) {
    one.next_listed = free_;
    free_ = &one;
    return;
  }
  waits->pieces = &one;
  waits->granted = true;
  post(*waits);
}

bool slab::leave(parent& p, piece& last) noexcept {
  const std::lock_guard lock(mutex_);
  if (p.posted) return false;
  unlink(p);
  put_back(last);
  gone(p);
  return true;
}

bool slab::stop(parent& p) noexcept {
  const std::lock_guard lock(mutex_);
  p.stopping = true;
  if (!p.waiting) return true;
  post(p);
  return false;
}

bool slab::stop_heard(parent& p) noexcept {
  const std::lock_guard lock(mutex_);
  p.posted = false;
  return p.under_way == 0;
}

bool slab::any_on(handle_id id) const noexcept {
  for (parent* list : {line_, working_}) {
    for (; list != nullptr; list = list->next_here) {
      if (list->op->id == id) return true;
    }
  }
  return false;
}

/// Whoever waits for silence on its file may have it now.
void slab::gone(parent& p) noexcept {
  const handle_id id = p.op->id;
  for (closer** at = &closers_; *at != nullptr;) {
    closer& c = **at;
    if (c.op->id == id && !any_on(id)) {
      *at = c.next_closer;
      c.op->home->post(c);
    } else {
      at = &c.next_closer;
    }
  }
}

outlook slab::silence_all(closer& c) noexcept {
  const std::lock_guard lock(mutex_);
  const handle_id id = c.op->id;
  if (!any_on(id)) return outlook::now;
  for (parent* list : {line_, working_}) {
    for (parent* p = list; p != nullptr; p = p->next_here) {
      const driver* home = p->op->home;
      if (p->op->id != id || home == c.op->home) continue;
      if (current_driver_scope::on_this_thread(*home)) return outlook::never;
    }
  }
  c.next_closer = closers_;
  closers_ = &c;
  for (parent* list : {line_, working_}) {
    for (parent* p = list; p != nullptr; p = p->next_here) {
      if (p->op->id != id) continue;
      // What is under way learns of it on its own thread, which is the one that reads `stopping`.
      if (p->waiting) p->stopping = true;
      post(*p);
    }
  }
  return outlook::later;
}

}  // namespace sluice::inline v0::split

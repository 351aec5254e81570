#include "space/filter/fragment_slab.hpp"

#include <algorithm>

#include "space/filter/mixed.hpp"

namespace sluice::inline v0::fragment {

slab::slab(const fragment_options& options)
    : cut_into_(std::max(1u, options.pieces)),
      seed_(options.seed),
      pieces_(std::make_unique<piece[]>(std::max(1u, options.slab))) {
  for (unsigned i = std::max(1u, options.slab); i-- > 0;) {
    pieces_[i].next = free_;
    free_ = &pieces_[i];
  }
}

/// Loops need not wait for each other.
std::uint64_t slab::random() noexcept {
  return mixed(seed_.fetch_add(mixing_step, std::memory_order_relaxed));
}

piece* slab::take(unsigned wanted) noexcept {
  piece* first = nullptr;
  for (; wanted > 0 && free_ != nullptr; --wanted) {
    piece* taken = free_;
    free_ = taken->next;
    taken->next = first;
    first = taken;
  }
  return first;
}

void slab::put_in_line(parent& p) noexcept {
  p.waiting = true;
  p.next_waiting = nullptr;
  *line_end_ = &p;
  line_end_ = &p.next_waiting;
}

void slab::leave_line(parent& p) noexcept {
  p.waiting = false;
  parent** at = &line_;
  while (*at != &p) at = &(*at)->next_waiting;
  *at = p.next_waiting;
  if (line_end_ == &p.next_waiting) line_end_ = at;
}

void slab::give_back(piece* first) noexcept {
  while (first != nullptr) {
    piece* given = first;
    first = given->next;
    parent* waits = line_;
    while (waits != nullptr && (waits->granted || waits->cancelled)) waits = waits->next_waiting;
    if (waits == nullptr) {
      given->next = free_;
      free_ = given;
    } else {
      given->next = nullptr;
      waits->first = given;
      waits->granted = true;
      waits->op->home->post(*waits);
    }
  }
}

void slab::cancel_waiting(parent& p) noexcept {
  if (p.cancelled) return;
  p.cancelled = true;
  if (!p.granted) p.op->home->post(p);
}

void slab::cancel_waiting(handle_id id) noexcept {
  for (parent* p = line_; p != nullptr; p = p->next_waiting) {
    if (p->op->id == id) cancel_waiting(*p);
  }
}

}  // namespace sluice::inline v0::fragment

#pragma once

#include <cstdint>

#include "sluice/core/config.hpp"

namespace sluice::inline v0 {

/// Nanoseconds on the driver's monotonic clock.
using time_point_ns = std::int64_t;
inline constexpr time_point_ns never = INT64_MAX;

/// One entry of a driver's timer heap; lies in its owner's memory.
struct timer {
  time_point_ns when;
  void (*fire)(timer&) noexcept;
  timer* child;    // set by the heap
  timer* sibling;  // set by the heap
  timer** owner = nullptr;  // the pointer that points at us; null when not armed

  timer() noexcept : when(never), fire(nullptr) {}
  /// For those who fill in the rest when they arm it.
  enum unarmed_t { unarmed };
  explicit timer(unarmed_t) noexcept {}

  bool armed() const noexcept { return owner != nullptr; }
};

/// An intrusive pairing heap: arming is O(1), removal O(log n) amortised, and nothing is allocated,
/// so a deadline can stand on every operation.
class timer_heap {
 public:
  void arm(timer& t) noexcept {
    SLUICE_ASSERT(!t.armed(), "timer armed twice");
    t.child = t.sibling = nullptr;
    set_root(merge(root_, &t));
  }

  void disarm(timer& t) noexcept {
    if (!t.armed()) return;
    timer* rest = merge_children(t);
    if (&t == root_) {
      set_root(rest);
    } else {
      *t.owner = t.sibling;
      if (t.sibling != nullptr) t.sibling->owner = t.owner;
      set_root(merge(root_, rest));
    }
    t.owner = nullptr;
  }

  time_point_ns next() const noexcept { return root_ == nullptr ? never : root_->when; }

  /// Fires everything due at `now`, earliest first. A timer may be armed again while it fires.
  void expire(time_point_ns now) noexcept {
    while (root_ != nullptr && root_->when <= now) {
      timer& due = *root_;
      disarm(due);
      due.fire(due);
    }
  }

 private:
  void set_root(timer* t) noexcept {
    root_ = t;
    if (t != nullptr) {
      t->owner = &root_;
      t->sibling = nullptr;
    }
  }

  static timer* merge(timer* a, timer* b) noexcept {
    if (a == nullptr) return b;
    if (b == nullptr) return a;
    if (b->when < a->when) {
      timer* swapped = a;
      a = b;
      b = swapped;
    }
    b->sibling = a->child;
    if (b->sibling != nullptr) b->sibling->owner = &b->sibling;
    b->owner = &a->child;
    a->child = b;
    a->sibling = nullptr;
    return a;
  }

  /// The usual two passes: pairs from left to right, then all of them from right to left.
  static timer* merge_children(timer& t) noexcept {
    timer* pairs = nullptr;
    for (timer* at = t.child; at != nullptr;) {
      timer* first = at;
      timer* second = at->sibling;
      at = second == nullptr ? nullptr : second->sibling;
      first->sibling = nullptr;
      if (second != nullptr) second->sibling = nullptr;
      timer* pair = merge(first, second);
      pair->sibling = pairs;
      pairs = pair;
    }
    timer* whole = nullptr;
    while (pairs != nullptr) {
      timer* rest = pairs->sibling;
      pairs->sibling = nullptr;
      whole = merge(whole, pairs);
      pairs = rest;
    }
    t.child = nullptr;
    return whole;
  }

  timer* root_ = nullptr;
};

}  // namespace sluice::inline v0

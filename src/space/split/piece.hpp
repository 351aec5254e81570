// The records of operations that are made of others.
#pragma once

#include <algorithm>
#include <new>

#include "sluice/space/split.hpp"

namespace sluice::inline v0::split {

struct piece;

/// What is kept in the scratch space of an operation that was split, or waits to be. The slab's
/// mutex guards the links and the flags; all else belongs to the operation's driver.
struct parent : job {
  operation* op;
  slab* by;
  parent* next_here;  // in the slab's line, or among those under way
  parent** here;
  piece* pieces;            // that work on it
  std::uint16_t under_way;  // so many
  std::uint16_t parts;      // that were begun
  bool waiting;             // in the line
  bool granted;             // a piece was put aside for it
  bool stopping;            // it was asked to end
  bool posted;              // its job has been posted, and has not run

  static parent& of(operation& o) noexcept { return *reinterpret_cast<parent*>(o.scratch); }
};
static_assert(sizeof(parent) <= sizeof(operation::scratch));

/// Works on a range of an operation, part by part. As a job, it is woken from waiting.
struct piece : split_waiter {
  piece* next_listed = nullptr;  // in the slab's free list, or among those to be begun
  piece* sibling = nullptr;      // the next that works on the same operation
  parent* of = nullptr;
  segment told;             // of a transfer: what the range and what was done before it is
  std::uint64_t begin = 0;  // of the range that is left, in the operation
  std::size_t size = 0;
  split_part part;  // what is under way
  std::size_t part_done = 0;
  error why;  // the range is left where it is
  operation* child = nullptr;
  bool waits = false;

  template <class Op, class... Arguments>
  Op& make(Arguments&&... arguments) noexcept {
    static_assert(sizeof(Op) <= sizeof room_ && alignof(Op) <= alignof(ops::stat));
    Op* made = ::new (static_cast<void*>(room_)) Op(std::forward<Arguments>(arguments)...);
    child = made;
    return *made;
  }
  void destroy_child() noexcept {
    if (child != nullptr) child->~operation();
    child = nullptr;
  }

 private:
  static constexpr std::size_t room =
      std::max({sizeof(ops::read_at), sizeof(ops::open), sizeof(ops::stat)});
  alignas(ops::stat) std::byte room_[room];
};

/// First in, first out, or the other way.
class piece_list {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  void push(piece& p) noexcept {
    p.next_listed = nullptr;
    *(first_ == nullptr ? &first_ : &last_->next_listed) = &p;
    last_ = &p;
  }
  void push_front(piece& p) noexcept {
    p.next_listed = first_;
    if (first_ == nullptr) last_ = &p;
    first_ = &p;
  }
  piece& pop() noexcept {
    piece& p = *first_;
    first_ = p.next_listed;
    return p;
  }

 private:
  piece* first_ = nullptr;
  piece* last_ = nullptr;
};

}  // namespace sluice::inline v0::split

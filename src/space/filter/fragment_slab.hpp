// The pieces that a fragment filter has, and who waits for one.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <new>

#include "sluice/space/fragment.hpp"

namespace sluice::inline v0::fragment {

struct parent;

/// Room for an operation of the inner space that does a part of one of ours.
class piece {
 public:
  piece* next = nullptr;  // in the slab's free list, or of the same parent
  parent* of = nullptr;

  operation& child() noexcept { return *child_; }
  template <class Op, class... Arguments>
  Op& make(Arguments&&... arguments) noexcept {
    static_assert(sizeof(Op) <= sizeof room_);
    Op* made = ::new (static_cast<void*>(room_)) Op(std::forward<Arguments>(arguments)...);
    child_ = made;
    return *made;
  }
  void destroy() noexcept { child_->~operation(); }

 private:
  operation* child_ = nullptr;
  alignas(ops::open) alignas(ops::read_at) std::byte
      room_[sizeof(ops::read_at) > sizeof(ops::open) ? sizeof(ops::read_at) : sizeof(ops::open)];
};

/// What the filter keeps in the scratch space of an operation that it has cut, or will.
struct parent : job {
  operation* op;
  fragment_space* in;       // not op->target, where a filter over this one stands
  parent* next_waiting;
  piece* first;             // of its pieces, in the order of their places in the transfer
  unsigned under_way;
  bool waiting;             // in the slab's line
  bool granted;             // a piece was put aside for it, and its loop has been told
  bool cancelled;           // while it waited

  static parent& of(operation& o) noexcept { return *reinterpret_cast<parent*>(o.scratch); }
};
static_assert(sizeof(parent) <= sizeof(operation::scratch));

/// The mutex guards everything here, and the waiting operations' `waiting`, `granted`, `cancelled`.
class slab {
 public:
  explicit slab(const fragment_options& options);

  std::mutex& mutex() noexcept { return mutex_; }
  unsigned cut_into() const noexcept { return cut_into_; }
  std::uint64_t random() noexcept;

  /// Up to `wanted` pieces, linked; none if there are none.
  piece* take(unsigned wanted) noexcept;
  void put_in_line(parent& p) noexcept;
  void leave_line(parent& p) noexcept;
  /// Gives the pieces back; who waits longest gets one, and its loop is told.
  void give_back(piece* first) noexcept;
  /// Tells those who wait to do something on `id` that they need not.
  void cancel_waiting(handle_id id) noexcept;
  void cancel_waiting(parent& p) noexcept;

  // Ids are remembered by their remainder: another's write may stay whole without need.
  void remember_append(handle_id id) noexcept { appends_[id % marks] = true; }
  bool may_append(handle_id id) const noexcept { return appends_[id % marks]; }

 private:
  static constexpr std::size_t marks = 4096;

  std::mutex mutex_;
  unsigned cut_into_;
  std::atomic<std::uint64_t> seed_;
  std::unique_ptr<piece[]> pieces_;
  piece* free_ = nullptr;
  parent* line_ = nullptr;
  parent** line_end_ = &line_;
  std::atomic<bool> appends_[marks] = {};
};

}  // namespace sluice::inline v0::fragment

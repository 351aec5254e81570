// Advisory locks on ranges, which belong to open files, and those who wait for one.
#pragma once

#include <cstdint>
#include <vector>

#include "sluice/fs/ops.hpp"

namespace sluice::inline v0::memory {

struct node;

/// The locks on one file.
class range_locks {
 public:
  /// `first` to `last`, both locked, for a handle whose own locks on them it replaces. False:
  /// somebody else's is in the way. Throws std::bad_alloc, and then nothing was done.
  bool set(handle_id owner, lock_kind how, std::uint64_t first, std::uint64_t last);
  /// Ends all locks of a handle. False: it has none.
  bool end(handle_id owner) noexcept;

 private:
  struct held {
    handle_id owner;
    lock_kind how;
    std::uint64_t first, last;
    bool meets(std::uint64_t f, std::uint64_t l) const noexcept { return first <= l && f <= last; }
  };
  std::vector<held> held_;
};

/// A lock operation that waits; it lies in the operation.
struct lock_waiter : job {
  ops::lock* op;
  node* on;
  lock_waiter* next_waiting;
  std::int64_t outcome;
};
static_assert(sizeof(lock_waiter) <= sizeof(operation::scratch));

/// Those who wait, first come, first served. What ends is completed on its own loop's thread.
class lock_line {
 public:
  void join(ops::lock& op, node& on) noexcept;
  /// Asked to stop; one that has its lock already keeps it.
  void leave(ops::lock& op) noexcept;
  /// The handle ends.
  void leave(handle_id id) noexcept;
  /// Locks of this file ended or shrank.
  void changed(node& on) noexcept;

 private:
  template <class Outcome>
  void settle(Outcome outcome) noexcept;

  lock_waiter* first_ = nullptr;
  lock_waiter** end_ = &first_;
};

}  // namespace sluice::inline v0::memory

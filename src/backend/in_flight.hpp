// Who has operations under way on a descriptor, so that closing one can find them. Each loop counts
// its own in a slot that others only read: no read-modify-write on the submit path.
#pragma once

#include <atomic>
#include <cstdint>

#include "sluice/loop.hpp"

namespace sluice::inline v0 {

class in_flight_slot {
 public:
  static constexpr unsigned buckets = 65536;  // up to so many descriptors it is exact

  /// Takes a free slot. Throws std::system_error when a process has more than 256 loops, and
  /// std::bad_alloc.
  explicit in_flight_slot(loop& owner);
  /// Takes over another's, with what it counts.
  in_flight_slot(in_flight_slot&& other) noexcept;
  ~in_flight_slot() { retire(); }
  in_flight_slot(const in_flight_slot&) = delete;
  in_flight_slot& operator=(const in_flight_slot&) = delete;

  /// Gives the slot back: drains no longer come here.
  void retire() noexcept;

  void begun(int descriptor) noexcept { change(descriptor, 1); }
  int on(int descriptor) const noexcept {
    return of(descriptor).load(std::memory_order_relaxed);
  }
  void ended(int descriptor) noexcept { change(descriptor, -1); }

 private:
  std::atomic_ref<int> of(int descriptor) const noexcept {
    return std::atomic_ref<int>(counts_[static_cast<unsigned>(descriptor) % buckets]);
  }
  void change(int descriptor, int by) noexcept {
    const auto n = of(descriptor);
    n.store(n.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  int* counts_;
  std::size_t index_;
};

/// Ends everything under way on a descriptor, loop by loop, and then runs `done` on the thread of
/// `home`. It lies in the scratch space of the operation that closes.
struct drain_request : job {
  std::size_t next_slot = 0;
  driver* home = nullptr;
  operation* closing = nullptr;
  void (*done)(operation& closing) noexcept = nullptr;
  int descriptor = -1;
};
static_assert(sizeof(drain_request) <= sizeof(operation::scratch));

enum class drained : std::uint8_t {
  at_once,  // nothing was under way, and `done` will not be run
  later,
  never     // it is under way on a loop that this very thread has stopped driving
};
drained drain_everywhere(drain_request& request) noexcept;

}  // namespace sluice::inline v0

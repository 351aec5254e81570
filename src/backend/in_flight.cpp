#include "backend/in_flight.hpp"

#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "backend/native_backend.hpp"
#include "loop/current.hpp"

namespace sluice::inline v0 {

namespace {

struct slot {
  std::atomic<int> counts[in_flight_slot::buckets];
  loop* owner = nullptr;  // under the mutex
};

constexpr std::size_t slot_count = 256;

/// In one piece, such that a program of one loop touches one page of it.
struct {
  std::mutex mutex;
  std::atomic<std::size_t> used = 0;  // the highest index ever taken, plus one
  slot slots[slot_count];
} registry;

/// Where it is the loop's own, most often all is said and done at once.
bool silence_here(const drain_request& request) noexcept {
  auto* here = static_cast<backend*>(request.home->carrier());
  return static_cast<native_backend*>(here)->silence(request.descriptor);
}

/// Runs on the home driver: the loop asked last has nothing under way any more.
void drain_next(job& j) noexcept {
  auto& request = static_cast<drain_request&>(j);
  const drained how = drain_everywhere(request);
  if (how == drained::never) request.closing->failure = errc::would_deadlock;
  if (how != drained::later) request.done(*request.closing);
}

}  // namespace

in_flight_slot::in_flight_slot(loop& owner) {
  const std::lock_guard lock(registry.mutex);
  for (index_ = 0; index_ < slot_count; ++index_) {
    if (registry.slots[index_].owner != nullptr) continue;
    registry.slots[index_].owner = &owner;
    counts_ = registry.slots[index_].counts;
    if (registry.used.load() <= index_) registry.used.store(index_ + 1);
    return;
  }
  throw std::system_error(EAGAIN, std::generic_category(), "sluice: too many loops");
}

in_flight_slot::in_flight_slot(in_flight_slot&& other) noexcept
    : counts_(other.counts_), index_(std::exchange(other.index_, slot_count)) {}

void in_flight_slot::retire() noexcept {
  if (index_ == slot_count) return;
  const std::lock_guard lock(registry.mutex);
  registry.slots[index_].owner = nullptr;
  index_ = slot_count;
}

drained drain_everywhere(drain_request& request) noexcept {
  const std::size_t used = registry.used.load(std::memory_order_acquire);
  const unsigned bucket = static_cast<unsigned>(request.descriptor) % in_flight_slot::buckets;
  while (request.next_slot < used) {
    slot& s = registry.slots[request.next_slot++];
    if (s.counts[bucket].load(std::memory_order_relaxed) == 0) continue;
    const std::lock_guard lock(registry.mutex);
    if (s.owner == nullptr) continue;
    if (s.owner == request.home && silence_here(request)) continue;
    if (s.owner != request.home && current_driver_scope::on_this_thread(*s.owner)) {
      return drained::never;
    }
    request.run = [](job& j) noexcept {
      auto& here = static_cast<drain_request&>(j);
      here.run = [](job& silent) noexcept {
        auto& back = static_cast<drain_request&>(silent);
        back.run = drain_next;
        // The home loop may end as soon as it has this; its slot, and so it, waits for the mutex.
        const std::lock_guard until_posted(registry.mutex);
        back.home->post(back);
      };
      // The loop that was asked is the one that runs this.
      auto* asked = static_cast<backend*>(port::current_driver()->carrier());
      static_cast<native_backend*>(asked)->drain(here);
    };
    s.owner->post(request);
    return drained::later;
  }
  return drained::at_once;
}

}  // namespace sluice::inline v0

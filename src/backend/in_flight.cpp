#include "backend/in_flight.hpp"

#include <cerrno>
#include <mutex>
#include <system_error>

namespace sluice::inline v0 {

namespace {

struct slot {
  std::atomic<int> counts[in_flight_slot::buckets];
  loop* owner = nullptr;  // under the mutex, as is `of`
  backend* of = nullptr;
};

constexpr std::size_t slot_count = 256;
slot slots[slot_count];
std::atomic<std::size_t> slots_used = 0;  // the highest index ever taken, plus one
std::mutex registry;

/// Runs on the home driver: the loop asked last has nothing under way any more.
void drain_next(job& j) noexcept {
  auto& request = static_cast<drain_request&>(j);
  if (!drain_everywhere(request)) request.done(*request.closing);
}

}  // namespace

in_flight_slot::in_flight_slot(loop& owner, backend& b) {
  const std::lock_guard lock(registry);
  for (index_ = 0; index_ < slot_count; ++index_) {
    if (slots[index_].owner != nullptr) continue;
    slots[index_].owner = &owner;
    slots[index_].of = &b;
    counts_ = slots[index_].counts;
    if (slots_used.load() <= index_) slots_used.store(index_ + 1);
    return;
  }
  throw std::system_error(EAGAIN, std::generic_category(), "sluice: too many loops");
}

in_flight_slot::~in_flight_slot() {
  const std::lock_guard lock(registry);
  slots[index_].owner = nullptr;
  slots[index_].of = nullptr;
}

bool drain_everywhere(drain_request& request) noexcept {
  const std::size_t used = slots_used.load(std::memory_order_acquire);
  const unsigned bucket = static_cast<unsigned>(request.descriptor) % in_flight_slot::buckets;
  while (request.next_slot < used) {
    slot& s = slots[request.next_slot++];
    if (s.counts[bucket].load(std::memory_order_relaxed) == 0) continue;
    const std::lock_guard lock(registry);
    if (s.owner == nullptr) continue;
    request.run = [](job& j) noexcept {
      auto& here = static_cast<drain_request&>(j);
      backend& asked = *slots[here.next_slot - 1].of;  // its own thread: it is alive
      here.run = [](job& drained) noexcept {
        auto& back = static_cast<drain_request&>(drained);
        back.run = drain_next;
        back.home->post(back);
      };
      asked.drain(here);
    };
    s.owner->post(request);
    return true;
  }
  return false;
}

}  // namespace sluice::inline v0

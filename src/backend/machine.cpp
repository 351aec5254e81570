#include <atomic>
#include <cerrno>
#include <system_error>

#include "sluice/backend.hpp"

namespace sluice::inline v0 {

namespace {

constexpr std::size_t machines_max = 64;
constexpr unsigned number_at = 56;
std::atomic<machine*> machines[machines_max];

}  // namespace

machine::machine() {
  for (std::size_t n = 0; n < machines_max; ++n) {
    machine* free = nullptr;
    if (!machines[n].compare_exchange_strong(free, this)) continue;
    // The lower half is a negative number: to the operating system a bad descriptor.
    ids_ = mark | handle_id{n} << number_at | handle_id{1} << 31;
    return;
  }
  throw std::system_error(EAGAIN, std::generic_category(), "sluice: too many machines");
}

machine::~machine() { machines[ids_ >> number_at & (machines_max - 1)].store(nullptr); }

machine* machine::of(handle_id id) noexcept {
  if (!made(id)) return nullptr;
  return machines[id >> number_at & (machines_max - 1)].load(std::memory_order_acquire);
}

}  // namespace sluice::inline v0

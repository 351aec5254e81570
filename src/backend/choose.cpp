// Which backend a loop gets: what was asked for, or the best that the machine allows.
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "backend/backend.hpp"
#include "backend/epoll/epoll_backend.hpp"
#include "backend/pool/pool_backend.hpp"
#include "backend/uring/uring_backend.hpp"

namespace sluice::inline v0 {

namespace {

struct wish {
  backend_choice choice;
  const char* from;  // for the report
};

wish wished(const loop_options& options) {
  const char* named = std::getenv("SLUICE_BACKEND");
  if (named == nullptr || *named == '\0') return {options.backend, "loop_options"};
  if (std::strcmp(named, "uring") == 0) return {backend_choice::uring, "SLUICE_BACKEND"};
  if (std::strcmp(named, "epoll") == 0) return {backend_choice::epoll, "SLUICE_BACKEND"};
  if (std::strcmp(named, "pool") == 0) return {backend_choice::pool, "SLUICE_BACKEND"};
  if (std::strcmp(named, "auto") == 0) return {backend_choice::automatic, "SLUICE_BACKEND"};
  throw std::invalid_argument(std::string("SLUICE_BACKEND: unknown backend '") + named +
                              "' (uring, epoll, pool or auto)");
}

/// A ring; or null, and why not.
std::unique_ptr<native_backend> take_ring(native_backend& before, unsigned entries,
                                          std::string& why_not) {
  auto r = std::make_unique<ring>();
  why_not = r->set_up(entries);
  if (!why_not.empty()) return nullptr;
  unique_fd event = uring_backend::make_event();
  if (event.get() < 0) {
    why_not = "io_uring: no file descriptor left (ulimit -n)";
    return nullptr;
  }
  return std::make_unique<uring_backend>(before, std::move(event), std::move(r));
}

/// The best there is in place of plain calls; or null, and why not.
std::unique_ptr<native_backend> take_best(native_backend& before, unsigned entries,
                                          std::string& why_not) {
  if (auto ring = take_ring(before, entries, why_not)) return ring;
  epoll_backend::descriptors d;
  if (d.make()) return std::make_unique<epoll_backend>(before, std::move(d), why_not);
  why_not += std::string("; epoll: ") + std::strerror(errno);
  return nullptr;
}

std::unique_ptr<backend> make_epoll(loop& owner, const loop_options& options, std::string why) {
  epoll_backend::descriptors d;
  if (!d.make()) {
    throw std::system_error(errno, std::generic_category(), "sluice: cannot wait for events");
  }
  return std::make_unique<epoll_backend>(owner, options, std::move(d), std::move(why));
}

}  // namespace

std::unique_ptr<backend> make_backend(loop& owner, const loop_options& options) {
  if (options.source != nullptr) return options.source->make(owner, options);
  const wish w = wished(options);
  const std::string chosen = std::string("chosen by ") + w.from;
  switch (w.choice) {
    case backend_choice::automatic:
      return std::make_unique<pool_backend>(owner, options, take_best);
    case backend_choice::epoll: return make_epoll(owner, options, chosen);
    case backend_choice::pool: return std::make_unique<pool_backend>(owner, options, chosen);
    case backend_choice::uring: break;
  }
  auto r = std::make_unique<ring>();
  const std::string refused = r->set_up(options.ring_entries);
  if (refused.empty()) return std::make_unique<uring_backend>(owner, options, std::move(r));
  throw std::runtime_error("the uring backend was " + chosen + ", but " + refused);
}

void settle(backend& undecided) noexcept {
  if (auto* native = dynamic_cast<native_backend*>(&undecided)) native->settle();
}

}  // namespace sluice::inline v0

// Which backend a loop gets: what was asked for, or the best that the machine allows.
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "backend/backend.hpp"
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
  if (std::strcmp(named, "pool") == 0) return {backend_choice::pool, "SLUICE_BACKEND"};
  if (std::strcmp(named, "auto") == 0) return {backend_choice::automatic, "SLUICE_BACKEND"};
  throw std::invalid_argument(std::string("SLUICE_BACKEND: unknown backend '") + named +
                              "' (uring, pool or auto)");
}

}  // namespace

std::unique_ptr<backend> make_backend(loop& owner, const loop_options& options) {
  if (options.source != nullptr) return options.source->make(owner, options);
  const wish w = wished(options);
  if (w.choice == backend_choice::pool) {
    return std::make_unique<pool_backend>(owner, options, std::string("chosen by ") + w.from);
  }
  auto r = std::make_unique<ring>();
  std::string refused = r->set_up(options.ring_entries);
  if (refused.empty()) {
    return std::make_unique<uring_backend>(owner, options, std::move(r));
  }
  if (w.choice == backend_choice::uring) {
    throw std::runtime_error("the uring backend was chosen by " + std::string(w.from) + ", but " +
                             refused);
  }
  return std::make_unique<pool_backend>(owner, options, std::move(refused));
}

}  // namespace sluice::inline v0

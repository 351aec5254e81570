#include "sluice/sim/world.hpp"

#include <cstdlib>
#include <utility>

#include "backend/sim/engine.hpp"

namespace sluice::inline v0::sim {

world::world(const world_options& options) : engine_(std::make_unique<engine>(options)) {}
world::~world() = default;

std::uint64_t world::seed() const noexcept { return engine_->options.seed; }

loop_options world::loops() const noexcept {
  loop_options o;
  o.source = engine_.get();
  return o;
}

crew_options world::crew(unsigned workers) const noexcept {
  crew_options o;
  o.workers = workers;
  o.loop = loops();
  o.host = engine_.get();
  return o;
}

loop& world::make_loop() { return engine_->make_loop(); }
loop& world::first_loop() { return engine_->first_loop(); }
dir world::root() { return engine_->root(); }

void world::start(loop& on, task<void> work) {
  started_.push_back(std::make_unique<running<void>>(std::move(work)));
  started_.back()->begin(on);
}

void world::run_all() {
  for (std::size_t i = 0; i < started_.size(); ++i) {
    drive(started_[i]->done, started_[i]);
  }
  const auto ended = std::exchange(started_, {});
  for (const auto& one : ended) one->work.take();
}

bool world::step() { return engine_->step(); }
bool world::run_until(const bool& done) { return engine_->run_until(done); }

void world::give_up(std::unique_ptr<held_base> left) {
  // Frames that wait in the midst of something can't be taken apart.
  static std::vector<std::unique_ptr<held_base>>& wrecks = *new std::vector<std::unique_ptr<held_base>>;
  wrecks.push_back(std::move(left));
  for (auto& other : started_) {
    if (other && !other->done) wrecks.push_back(std::move(other));
  }
  started_.clear();
  throw dead_end("nothing can happen any more: " + engine_->describe() +
                 " (SLUICE_SIM_SEED=" + std::to_string(seed()) + ")");
}

time_point_ns world::now() const noexcept { return engine_->now; }
timestamp world::date() const noexcept { return date_at(engine_->now); }
void world::set_faults(const fault_rates& rates) noexcept { engine_->options.faults = rates; }
void world::crash() { engine_->crash(); }
void world::crash_after(std::uint64_t operations) noexcept { engine_->crash_in = operations; }
bool world::crashed() const noexcept { return engine_->down(); }
void world::recover() { engine_->recover(); }
std::uint64_t world::trace() const noexcept { return engine_->trace; }
world::counts world::count() const noexcept { return engine_->count(); }

std::optional<std::uint64_t> wanted_seed() {
  const char* text = std::getenv("SLUICE_SIM_SEED");
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 0);
}

}  // namespace sluice::inline v0::sim

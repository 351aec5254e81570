#include "backend/sim/sim_backend.hpp"

#include "backend/sim/engine.hpp"

namespace sluice::inline v0::sim {

sim_backend::sim_backend(loop& l, engine& e, unsigned n) : owner(l), number(n), engine_(e) {
  for (carrier& c : carriers_) {
    c = [](backend& b, operation& op) noexcept {
      auto& self = static_cast<sim_backend&>(b);
      self.engine_.begin(self, op);
    };
  }
  e.joined(*this);
}

sim_backend::~sim_backend() { engine_.left(*this); }

void sim_backend::cancel(operation& op) noexcept { engine_.stop(op); }
void sim_backend::cancel_all() noexcept { engine_.stop_all(*this); }
void sim_backend::close(operation& closing) noexcept { engine_.close(*this, closing); }
error sim_backend::make_pipe(handle_id (&ends)[2]) noexcept { return engine_.make_pipe(ends); }
time_point_ns sim_backend::now() noexcept { return engine_.now; }

void sim_backend::turn(time_point_ns until) noexcept {
  engine_.complete_due(*this);
  engine_.give_others_a_turn(*this, until);
  engine_.complete_due(*this);
}

std::string sim_backend::report() const {
  return "sim: the world of seed " + std::to_string(engine_.options.seed);
}

}  // namespace sluice::inline v0::sim

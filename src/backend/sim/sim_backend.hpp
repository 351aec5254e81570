#pragma once

#include <deque>
#include <vector>

#include "backend/sim/pipes.hpp"
#include "sluice/backend.hpp"

namespace sluice::inline v0::sim {

class engine;

/// One loop's part of a simulated machine.
class sim_backend final : public backend {
 public:
  sim_backend(loop& owner, engine& e, unsigned number);
  ~sim_backend() override;

  void cancel(operation& op) noexcept override;
  void cancel_all() noexcept override;
  void close(operation& closing) noexcept override;
  error make_pipe(handle_id (&ends)[2]) noexcept override;
  void turn(time_point_ns until) noexcept override;
  void wake() noexcept override {}
  time_point_ns now() noexcept override;
  bool idle() const noexcept override { return under_way == 0; }
  void collect(loop_statistics& into) const noexcept override { into += counted; }
  std::string report() const override;

  /// It would do something if it got a turn, by this time.
  bool has_work(time_point_ns at) const noexcept {
    return !due.empty() || owner.next_deadline() <= at;
  }

  // For the engine.
  loop& owner;
  const unsigned number;
  std::deque<flight_number> due;      // complete in the next turn
  std::deque<flight_number> backlog;  // the queue is full
  unsigned begun = 0;                 // operations in the queue
  std::size_t under_way = 0;          // all of them
  loop_statistics counted;

 private:
  engine& engine_;
};

}  // namespace sluice::inline v0::sim

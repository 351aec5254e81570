// What makes a simulated machine go: operations in flight, events in their order, loops in turn.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "backend/sim/disk.hpp"
#include "backend/sim/guard.hpp"
#include "backend/sim/sockets.hpp"
#include "backend/sim/sim_backend.hpp"
#include "sluice/sim/world.hpp"

namespace sluice::inline v0::sim {

/// An operation that has been submitted and has not completed.
struct flight {
  operation* op;
  sim_backend* on;
  flight_number number;
  op_kind kind;  // known even when the operation is not there any more
  enum class stage : std::uint8_t {
    queued,    // for its loop's queue
    begun,     // will be carried out
    parked,    // in its line: nothing to take, or no room
    draining,  // a close, while others are in flight on the handle
    carried,   // done, and not announced
    asleep
  } at = stage::queued;
  bool begun = false;  // it takes a place in its loop's queue
  bool stop_wanted = false;
  unsigned tries = 0;
  pipe_end line;  // where it stands while it is parked
  guard memory;
};

class engine final : public machine, public backend_source, public crew_host {
 public:
  explicit engine(const world_options& options);
  ~engine();

  // For world.
  loop& make_loop();
  loop& first_loop();
  dir root();
  bool step() { return step_for(nullptr, never); }
  bool run_until(const bool& done);
  void crash();
  void recover() noexcept { down_ = false; }
  std::string describe() const;
  world::counts count() const noexcept;

  // For loops.
  void begin(sim_backend& on, operation& op) noexcept;
  void close(sim_backend& on, operation& op) noexcept;
  void stop(operation& op) noexcept;
  void stop_all(sim_backend& on) noexcept;
  error make_pipe(handle_id (&ends)[2]) noexcept;
  void complete_due(sim_backend& on) noexcept;
  void give_others_a_turn(sim_backend& waiting, time_point_ns until) noexcept;
  void joined(sim_backend& b) { backends_.push_back(&b); }
  void left(sim_backend& b) noexcept { std::erase(backends_, &b); }

  void perform(operation& op) noexcept override;
  void release(handle_id id) noexcept override;
  std::unique_ptr<backend> make(loop& owner, const loop_options& options) override;

  void run(const loop_options& options, body& b) noexcept override;
  void start(const loop_options& options, body& b) override;
  void join() override;
  unsigned cores() const noexcept override { return 4; }

  world_options options;
  time_point_ns now = 1'000'000'000;
  random rng;
  std::uint64_t trace = 0;
  std::uint64_t crash_in = 0;  // operations; 0: never
  bool down() const noexcept { return down_; }

 private:
  enum class event_kind : std::uint8_t { carry, deliver, stop, pump };
  struct event {
    event_kind what;
    std::uint64_t about;  // a flight, or a pipe
  };
  struct hosted;

  // flights.cpp
  flight& admit(sim_backend& on, operation& op);
  flight* find(flight_number n) noexcept;
  flight& flight_of(operation& op) noexcept;
  void hand_over(flight& f);
  void carry(flight& f);
  void carry_out(operation& op);
  void fail_or_do(operation& op);
  void deliver(flight& f);
  void end_stopped(flight& f);
  void complete(flight& f) noexcept;
  void next_in_line(sim_backend& on);
  bool in_flight_on(handle_id id, bool ask_to_stop);
  void check_drains();
  bool is_alive(flight& f);
  void heed_stop(flight& f);
  void begin_piped(sim_backend& on, operation& op);
  void perform_piped(operation& op) noexcept;
  void park(sim_backend& on, operation& op, pipe_end line);
  bool close_end(handle_id id);
  bool is_open(handle_id id) noexcept;
  void finish_at_once(operation& op) noexcept;
  void crash_if_due();
  std::size_t piece();
  void look_after(pipe& p);
  void pump(pipe& p);
  void leave_pipe(const flight& f);

  // network.cpp
  static bool is_networked(const operation& op) noexcept;
  std::size_t window();
  pipe_end line_of(const operation& op, std::int64_t& why_not) noexcept;
  bool do_at_once(operation& op, std::int64_t& n);
  std::int64_t attempt(pipe_end at, operation& op);
  std::int64_t knock(ops::connect& op);
  std::int64_t accept_next(pipe& from, address* where);
  std::int64_t accept_many(pipe& from, ops::accept_many& op);
  std::int64_t receive_many(pipe& from, ops::receive_many& op);
  std::int64_t send_file(pipe& to, ops::send_file& op);
  std::int64_t write(pipe_end at, operation& op, bool whole, std::size_t& done, std::size_t size);
  void look_after_both(socket& s);

  // engine.cpp
  void at(time_point_ns when, event_kind what, std::uint64_t about);
  time_point_ns delay();
  void happen(const event& e);
  void catch_up();
  bool pass_time(const sim_backend* waiting, time_point_ns limit);
  bool step_for(const sim_backend* waiting, time_point_ns limit);
  static bool may_run(const sim_backend& b) noexcept;
  void begin_hosted();
  bool take_turn();
  void close_released();
  void note(std::uint64_t what) noexcept;
  void note(operation& op) noexcept;
  void complain(const std::string& what) const;
  void complain(const char* what, const operation& op) const;

  std::map<std::pair<time_point_ns, std::uint64_t>, event> events_;
  std::uint64_t events_made_ = 0;
  std::map<flight_number, std::unique_ptr<flight>> flights_;
  flight_number flights_made_ = 0;
  std::vector<flight_number> draining_;
  std::vector<sim_backend*> backends_;
  unsigned loops_made_ = 0;
  std::vector<handle_id> released_;
  std::vector<std::unique_ptr<loop>> loops_;
  std::vector<std::unique_ptr<hosted>> hosted_;
  disk disk_;
  pipes pipes_;
  sockets sockets_;
  const sim_backend* turning_ = nullptr;  // it is we who drive it
  bool stuck_ = false;  // loops that nobody can end were left as they are
  bool down_ = false;
  bool crash_due_ = false;
  std::uint64_t steps_ = 0;
  world::counts counts_;
};

}  // namespace sluice::inline v0::sim

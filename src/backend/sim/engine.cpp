#include "backend/sim/engine.hpp"

#include <algorithm>
#include <cerrno>

#include "core/system_error.hpp"
#include "loop/current.hpp"
#include "sluice/system.hpp"

namespace sluice::inline v0::sim {

/// A crew's worker, on a loop of this world.
struct engine::hosted {
  hosted(const loop_options& o, body& b) : options(o), of(b) {}

  void begin() noexcept {
    try {
      on = std::make_unique<loop>(options);
      work = of.main(*on);
    } catch (...) {
      of.refused(std::current_exception());
      done = true;
      return;
    }
    promise_base& p = work.prepare(*on, nullptr, &done, [](promise_base& ended) noexcept {
      *static_cast<bool*>(ended.owner) = true;
    });
    on->schedule(p);
  }
  void end() noexcept {
    if (on) of.ended(*on);
    on.reset();
  }

  loop_options options;
  body& of;
  std::unique_ptr<loop> on;
  task<void> work;
  bool begun = false;
  bool done = false;
};

engine::engine(const world_options& o)
    : options(o), rng(o.seed), disk_(ids(), now), pipes_(ids()), sockets_(ids(), pipes_) {}

engine::~engine() {
  hosted_.clear();
  loops_.clear();
  if (!flights_.empty() && !stuck_) complain("operations were left in flight");
}

loop& engine::make_loop() {
  loop_options o;
  o.source = this;
  loops_.push_back(std::make_unique<loop>(o));
  return *loops_.back();
}

loop& engine::first_loop() { return loops_.empty() ? make_loop() : *loops_.front(); }

std::unique_ptr<backend> engine::make(loop& owner, const loop_options&) {
  return std::make_unique<sim_backend>(owner, *this, loops_made_++);
}

dir engine::root() { return dir(adopt, system(), disk_.open_root()); }

void engine::at(time_point_ns when, event_kind what, std::uint64_t about) {
  events_.emplace(std::pair(when, events_made_++), event{what, about});
}

/// Mostly short, at times long: what is quick overtakes what is slow, and timers come in between.
time_point_ns engine::delay() {
  const auto longest = static_cast<std::uint64_t>(options.longest_delay);
  return static_cast<time_point_ns>(rng.below((rng.chance(100) ? longest : longest / 20) + 1));
}

void engine::happen(const event& e) {
  if (e.what == event_kind::pump) return pump(pipes_.at(e.about));
  flight* f = find(e.about);
  if (f == nullptr) return;
  switch (e.what) {
    case event_kind::carry: carry(*f); break;
    case event_kind::deliver: f->on->due.push_back(f->number); break;
    case event_kind::stop: heed_stop(*f); break;
    case event_kind::pump: break;
  }
  crash_if_due();
}

/// What is due by now happens.
void engine::catch_up() {
  while (!events_.empty() && events_.begin()->first.first <= now) {
    const event e = events_.begin()->second;
    events_.erase(events_.begin());
    happen(e);
  }
}

bool engine::may_run(const sim_backend& b) noexcept {
  return !current_driver_scope::on_this_thread(b.owner);
}

/// Goes on to the next event or timer, at most to `limit`. False: there is none.
bool engine::pass_time(const sim_backend* waiting, time_point_ns limit) {
  time_point_ns next = limit;
  if (!events_.empty()) next = std::min(next, events_.begin()->first.first);
  for (const sim_backend* b : backends_) {
    if (b == waiting || may_run(*b)) next = std::min(next, b->owner.next_deadline());
  }
  if (next == never) return false;
  now = std::max(now, next);
  catch_up();
  return true;
}

/// One turn of one of the loops that have something to do. False: none has.
bool engine::take_turn() {
  std::vector<sim_backend*> ready;
  for (sim_backend* b : backends_) {
    if (b->has_work(now) && may_run(*b)) ready.push_back(b);
  }
  if (ready.empty()) return false;
  sim_backend& b = *ready[rng.below(ready.size())];
  ++counts_.turns;
  note(b.number);
  const sim_backend* const around = std::exchange(turning_, &b);
  b.owner.run_once(0);
  turning_ = around;
  return true;
}

void engine::close_released() {
  const handle_id id = released_.back();
  released_.pop_back();
  if (!close_end(id)) disk_.close(id);
}

bool engine::step_for(const sim_backend* waiting, time_point_ns limit) {
  if (++steps_ > options.most_steps) return false;
  begin_hosted();
  now += static_cast<time_point_ns>(rng.below(1000));
  catch_up();
  if (!released_.empty() && rng.chance(300)) close_released();
  if (waiting != nullptr && waiting->has_work(now)) return true;
  if (rng.chance(900) && take_turn()) return true;
  if (!released_.empty()) {  // soon: others may wait for the end of it
    close_released();
    return true;
  }
  return pass_time(waiting, limit) || take_turn();
}

bool engine::run_until(const bool& done) {
  while (!done) {
    if (!step()) return false;
  }
  return true;
}

/// A loop that is driven by its own `run`, and not by us, has nothing to do until then; or, when
/// `until` is 0, it has, and the others might starve.
void engine::give_others_a_turn(sim_backend& waiting, time_point_ns until) noexcept {
  if (turning_ == &waiting) return;
  if (until == 0) {
    step_for(&waiting, now + 1000);
    return;
  }
  while (!waiting.has_work(now) && now < until) {
    if (step_for(&waiting, until)) continue;
    return complain("dead end: " + describe());
  }
}

void engine::note(std::uint64_t what) noexcept {
  trace = (trace ^ what) * 0x9e3779b97f4a7c15;
  trace ^= trace >> 32;
}

void engine::note(operation& op) noexcept {
  note(static_cast<std::uint64_t>(op.kind) << 32 | static_cast<std::uint32_t>(op.failure.code));
  note(static_cast<std::uint64_t>(now));
  visit(op, [this]<class Op>(Op& o) {
    if constexpr (std::is_integral_v<typename Op::value_type>) note(o.value);
  });
}

void engine::complain(const std::string& what) const {
  const std::string text = "sluice::sim: " + what + " (SLUICE_SIM_SEED=" +
                           std::to_string(options.seed) + ")";
  if (!options.complain) port::panic(text.c_str());
  options.complain(text);
}

void engine::complain(const char* what, const operation& op) const {
  complain(std::string(name_of(op.kind)) + ": " + what);
}

std::string engine::describe() const {
  std::string text = std::to_string(backends_.size()) + " loops";
  for (const auto& [n, f] : flights_) {
    text += std::string(", ") + name_of(f->op->kind) + " in flight on loop " +
            std::to_string(f->on->number);
  }
  return text;
}

world::counts engine::count() const noexcept {
  world::counts c = counts_;
  c.open_handles = disk_.open_handles() + pipes_.open_ends() + sockets_.held() - released_.size();
  return c;
}

void engine::perform(operation& op) noexcept {
  if (down_) return op.fail(system_error(-EIO));
  if (is_networked(op)) return perform_piped(op);
  if (!disk_.has(op.kind)) return op.fail(errc::not_supported);
  disk_.perform(op);
  op.complete();
}

void engine::release(handle_id id) noexcept { released_.push_back(id); }

void engine::begin_hosted() {
  for (std::size_t i = 0; i < hosted_.size(); ++i) {
    if (!std::exchange(hosted_[i]->begun, true)) hosted_[i]->begin();
  }
}

void engine::run(const loop_options& o, body& b) noexcept {
  start(o, b);
  hosted& h = *hosted_.back();
  run_until(h.done);  // if it can't, `join` finds out
}

void engine::start(const loop_options& o, body& b) {
  hosted_.push_back(std::make_unique<hosted>(o, b));
}

void engine::join() {
  for (std::size_t i = 0; i < hosted_.size(); ++i) {
    if (!run_until(hosted_[i]->done)) {
      // Stuck for good: frames that wait in the midst of something can't be taken apart.
      static auto& wrecks = *new std::vector<std::unique_ptr<hosted>>;
      for (auto& h : hosted_) wrecks.push_back(std::move(h));
      hosted_.clear();
      stuck_ = true;
      throw dead_end(describe());
    }
  }
  for (auto& h : hosted_) h->end();
  hosted_.clear();
}

}  // namespace sluice::inline v0::sim

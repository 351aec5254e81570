// An operation's way: submitted, carried out, delivered; each at its time.
#include <cerrno>
#include <cstring>
#include <new>

#include "backend/native_row.hpp"
#include "backend/sim/engine.hpp"
#include "backend/sim/faults.hpp"
#include "core/system_error.hpp"
#include "space/system/system_id.hpp"

namespace sluice::inline v0::sim {

namespace {

/// What lies in an operation's scratch space while it is in flight.
struct tag {
  static constexpr std::uint64_t word = 0x73696d666c696768;
  std::uint64_t magic;
  flight_number number;
};
static_assert(sizeof(tag) <= sizeof(operation::scratch));

tag tag_in(const operation& op) noexcept {
  tag m;
  std::memcpy(&m, op.scratch, sizeof m);
  return m;
}

bool waits_for_lock(const operation& op) noexcept {
  return op.kind == op_kind::lock && static_cast<const ops::lock&>(op).wait;
}

bool is_write(const operation& op) noexcept {
  return op.kind == op_kind::write_at || op.kind == op_kind::writev_at;
}

}  // namespace

flight& engine::admit(sim_backend& on, operation& op) {
  const flight_number n = ++flights_made_;
  flight& f = *flights_.emplace(n, new flight{&op, &on, n, op.kind}).first->second;
  const tag m{tag::word, n};
  std::memcpy(op.scratch, &m, sizeof m);
  ++on.under_way;
  return f;
}

flight* engine::find(flight_number n) noexcept {
  const auto found = flights_.find(n);
  return found != flights_.end() ? found->second.get() : nullptr;
}

flight& engine::flight_of(operation& op) noexcept { return *find(tag_in(op).number); }

void engine::begin(sim_backend& on, operation& op) noexcept {
  ++counts_.begun;
  ++on.counted.kinds[static_cast<std::size_t>(op.kind)].ring;
  if (op.kind == op_kind::sleep) {
    admit(on, op).at = flight::stage::asleep;
    return;
  }
  const bool piped = is_networked(op);
  if (down_) {
    op.failure = system_error(-EIO);
  } else if (!piped && op.kind != op_kind::nop && !disk_.has(op.kind)) {
    op.failure = errc::not_supported;
  } else if (piped) {
    return begin_piped(on, op);
  } else if (!waits_for_lock(op) && rng.chance(options.at_once)) {
    carry_out(op);
  } else {
    flight& f = admit(on, op);
    f.memory.lend(op);
    return hand_over(f);
  }
  finish_at_once(op);
}

void engine::finish_at_once(operation& op) noexcept {
  note(op);
  ++counts_.ended;
  op.complete();
  crash_if_due();
}

void engine::hand_over(flight& f) {
  if (f.on->begun >= options.queue) {
    f.at = flight::stage::queued;
    f.on->backlog.push_back(f.number);
    return;
  }
  ++f.on->begun;
  f.begun = true;
  f.at = flight::stage::begun;
  at(now + delay(), event_kind::carry, f.number);
}

void engine::next_in_line(sim_backend& on) {
  while (!on.backlog.empty() && on.begun < options.queue) {
    flight* f = find(on.backlog.front());
    on.backlog.pop_front();
    if (f != nullptr && f->at == flight::stage::queued) hand_over(*f);
  }
}

/// Its moment has come, unless it is told to come again.
void engine::carry(flight& f) {
  if (f.at != flight::stage::begun) return;
  if (f.tries < 3 && rng.chance(options.faults.again)) {
    ++f.tries;
    ++counts_.faults;
    if (f.stop_wanted) return end_stopped(f);
    return at(now + delay(), event_kind::carry, f.number);
  }
  if (!is_alive(f)) return;
  if (const char* wrong = f.memory.use()) complain(wrong, *f.op);
  carry_out(*f.op);
  f.memory.keep();
  if (waits_for_lock(*f.op) && f.op->failure == errc::again) {
    f.op->failure = {};
    return at(now + options.longest_delay + 1, event_kind::carry, f.number);
  }
  deliver(f);
}

void engine::carry_out(operation& op) {
  ++counts_.carried_out;
  const int fault = draw_fault(op, options.faults, rng);
  if (fault != 0) ++counts_.faults;
  if (op.kind == op_kind::close) {
    if (!close_end(op.id)) disk_.perform(op);
    if (fault != 0 && !op.failure) op.failure = system_error(-fault);
  } else if (fault != 0) {
    op.failure = system_error(-fault);
  } else if (op.kind == op_kind::nop) {
    return;
  } else if (rng.chance(options.faults.short_transfer)) {
    ++counts_.faults;
    const shortened less(op, rng);
    disk_.perform(op);
  } else {
    disk_.perform(op);
  }
  if (crash_in > 0 && --crash_in == 0) crash_due_ = true;
}

/// What was lent for a send comes back late.
void engine::deliver(flight& f) {
  f.at = flight::stage::carried;
  const bool late = f.op->kind == op_kind::send_zc && rng.chance(500);
  at(now + delay() + (late ? options.longest_delay : 0), event_kind::deliver, f.number);
}

void engine::end_stopped(flight& f) {
  ++counts_.stopped;
  book(*f.op, -ECANCELED);
  deliver(f);
}

/// False: there is nothing left that could be told of its end.
bool engine::is_alive(flight& f) {
  const tag m = tag_in(*f.op);
  if (m.magic == tag::word && m.number == f.number && f.op->pending()) return true;
  const auto gone = flights_.extract(f.number);
  --f.on->under_way;
  complain(std::string(name_of(gone.mapped()->kind)) +
           ": an operation was destroyed, or submitted again, while it was in flight");
  return false;
}

void engine::complete_due(sim_backend& on) noexcept {
  while (!on.due.empty()) {
    flight* f = find(on.due.front());
    on.due.pop_front();
    if (f != nullptr) complete(*f);
  }
}

void engine::complete(flight& f) noexcept {
  if (!is_alive(f)) return;
  if (const char* wrong = f.memory.give_back()) complain(wrong, *f.op);
  const auto gone = flights_.extract(f.number);
  sim_backend& on = *f.on;
  --on.under_way;
  if (f.begun) --on.begun;
  ++counts_.ended;
  note(*f.op);
  f.op->complete();
  next_in_line(on);
  check_drains();
}

void engine::stop(operation& op) noexcept {
  flight& f = flight_of(op);
  if (std::exchange(f.stop_wanted, true)) return;
  ++counts_.stops_asked;
  switch (f.at) {
    case flight::stage::asleep:
      if (!op.expired) op.failure = system_error(-ECANCELED);
      return complete(f);
    case flight::stage::queued:
      if (row_for(op.kind)->cancel != cancellable::never) end_stopped(f);
      return;
    case flight::stage::begun:
    case flight::stage::parked:
      if (row_for(op.kind)->cancel == cancellable::never) return;
      return at(now + delay(), event_kind::stop, f.number);
    case flight::stage::draining:
    case flight::stage::carried:
      return;
  }
}

/// The request has arrived. What has not happened by now may still do so.
void engine::heed_stop(flight& f) {
  if (f.at == flight::stage::parked) {
    leave_pipe(f);
    end_stopped(f);
  } else if (f.at == flight::stage::begun && (waits_for_lock(*f.op) || rng.chance(700))) {
    end_stopped(f);
  }
}

void engine::stop_all(sim_backend& on) noexcept {
  std::vector<flight_number> all;
  for (const auto& [n, f] : flights_) {
    if (f->on == &on) all.push_back(n);
  }
  for (const flight_number n : all) {
    if (flight* f = find(n)) stop(*f->op);
  }
}

bool engine::in_flight_on(handle_id id, bool ask_to_stop) {
  bool any = false;
  for (const auto& [n, f] : flights_) {
    if (f->at == flight::stage::asleep || f->op->kind == op_kind::close || f->op->id != id) continue;
    any = true;
    if (ask_to_stop) stop(*f->op);
  }
  return any;
}

void engine::close(sim_backend& on, operation& op) noexcept {
  if (!machine::made(op.id)) {
    // The current directory stays; the system's own descriptors mean nothing here.
    if ((op.id & system_id::borrowed) == 0) op.failure = errc::bad_handle;
    return op.complete();
  }
  if (!in_flight_on(op.id, true)) return begin(on, op);
  ++counts_.begun;
  ++on.counted.kinds[static_cast<std::size_t>(op.kind)].ring;
  flight& f = admit(on, op);
  f.at = flight::stage::draining;
  draining_.push_back(f.number);
}

/// Closes go on where the handle has fallen silent.
void engine::check_drains() {
  std::erase_if(draining_, [this](flight_number n) {
    flight* f = find(n);
    if (f != nullptr && f->at == flight::stage::draining) {
      if (in_flight_on(f->op->id, false)) return false;
      hand_over(*f);
    }
    return true;
  });
}

void engine::crash_if_due() {
  if (std::exchange(crash_due_, false)) crash();
}

void engine::crash() {
  for (const auto& [n, f] : flights_) {
    // Part of what was on its way to the disk comes there.
    if (f->at != flight::stage::begun || !is_write(*f->op) || !rng.chance(500)) continue;
    if (const char* wrong = f->memory.use()) complain(wrong, *f->op);
    disk_.perform(*f->op);
    f->memory.keep();
  }
  for (const auto& [n, f] : flights_) {
    if (f->at == flight::stage::asleep || f->at == flight::stage::carried) continue;
    if (f->op->kind != op_kind::close) book(*f->op, -EIO);
    deliver(*f);
  }
  draining_.clear();
  released_.clear();
  pipes_.close_all();
  sockets_.close_all();
  disk_.crash(rng);
  down_ = true;
  crash_in = 0;
}

}  // namespace sluice::inline v0::sim

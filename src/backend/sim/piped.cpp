// What flows through pipes and connections: whoever brings and whoever takes wait for each other, and
// keep their order.
#include <cerrno>

#include "backend/sim/engine.hpp"
#include "core/system_error.hpp"

namespace sluice::inline v0::sim {

error engine::make_pipe(handle_id (&ends)[2]) noexcept {
  if (down_) return system_error(-EIO);
  if (rng.chance(options.faults.too_many_files)) return system_error(-EMFILE);
  pipes_.make(ends, window());
  return {};
}

/// How much goes through at once.
std::size_t engine::piece() {
  if (!rng.chance(options.faults.short_transfer)) return SIZE_MAX;
  ++counts_.faults;
  return rng.between(1, 64);
}

void engine::begin_piped(sim_backend& on, operation& op) {
  if (op.kind == op_kind::close && is_open(op.id)) {
    if (!rng.chance(options.at_once)) return hand_over(admit(on, op));
    carry_out(op);
    return finish_at_once(op);
  }
  std::int64_t n = 0;
  if (!do_at_once(op, n)) {
    const pipe_end line = line_of(op, n);
    if (line.of != nullptr) {
      // What is lent has to be given back later.
      const bool now_or_never = line.of->waiting[line.which].empty() &&
                                op.kind != op_kind::send_zc && rng.chance(options.at_once);
      n = now_or_never ? attempt(line, op) : -EAGAIN;
      look_after(*line.of);
    }
    if (n == -EAGAIN) return park(on, op, line);
  }
  book(op, n);
  finish_at_once(op);
}

void engine::park(sim_backend& on, operation& op, pipe_end line) {
  flight& f = admit(on, op);
  f.memory.lend(op);
  f.at = flight::stage::parked;
  f.line = line;
  line.of->waiting[line.which].push_back(f.number);
}

/// Soon, somebody will see whether something can move.
void engine::look_after(pipe& p) {
  if (std::exchange(p.looked_after, true)) return;
  at(now + delay(), event_kind::pump, pipes_.index_of(p));
}

void engine::pump(pipe& p) {
  p.looked_after = false;
  const fault_rates& rates = options.faults;
  if (rng.chance(p.connects ? rates.connection_reset : rates.stream_end)) {
    ++counts_.faults;
    if (socket* s = p.connects ? sockets_.around(p) : nullptr) {
      sockets::reset(*s);
      look_after_both(*s);
    } else if (!p.connects) {
      p.open[rng.below(2)] = false;
    }
  }
  bool moved = false;
  for (const auto which : {pipe::reader, pipe::writer}) {
    while (!p.waiting[which].empty()) {
      flight* f = find(p.waiting[which].front());
      if (f == nullptr || !is_alive(*f)) {
        p.waiting[which].pop_front();
        continue;
      }
      if (const char* wrong = f->memory.use()) complain(wrong, *f->op);
      const std::size_t there = p.bytes.size() + p.arrivals.size();
      const std::int64_t n = attempt({&p, which}, *f->op);
      f->memory.keep();
      moved = moved || n != -EAGAIN || there != p.bytes.size() + p.arrivals.size();
      if (n == -EAGAIN) break;
      p.waiting[which].pop_front();
      book(*f->op, n);
      deliver(*f);
    }
  }
  if (moved && !(p.waiting[0].empty() && p.waiting[1].empty())) look_after(p);
}

/// For a thread without a loop: nobody would bring what is not there.
void engine::perform_piped(operation& op) noexcept {
  std::int64_t n = 0;
  if (op.kind == op_kind::close && is_open(op.id)) {
    close_end(op.id);
  } else if (!do_at_once(op, n)) {
    const pipe_end line = line_of(op, n);
    if (line.of != nullptr) {
      n = attempt(line, op);
      look_after(*line.of);
    }
  }
  book(op, n == -EAGAIN ? -EDEADLK : n);
  op.complete();
}

void engine::leave_pipe(const flight& f) {
  std::erase(f.line.of->waiting[f.line.which], f.number);
}

bool engine::is_open(handle_id id) noexcept {
  return sockets_.find(id) != nullptr || pipes_.find(id).of != nullptr;
}

/// False: it is none of a pipe's or a socket's.
bool engine::close_end(handle_id id) {
  if (socket* s = sockets_.find(id)) {
    look_after_both(*s);
    sockets_.close(*s, s->option(socket_option::linger) == 0);
    return true;
  }
  const pipe_end end = pipes_.find(id);
  if (end.of == nullptr) return pipes::about(id) || sockets::about(id);
  end.of->open[end.which] = end.of->held[end.which] = false;
  look_after(*end.of);
  return true;
}

}  // namespace sluice::inline v0::sim

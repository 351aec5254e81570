// Reads and writes of pipes: they wait for each other, and keep their order.
#include <cerrno>

#include "backend/sim/engine.hpp"
#include "core/system_error.hpp"

namespace sluice::inline v0::sim {

namespace {

constexpr std::size_t large_pipe = 64 * 1024;

bool fits(const operation& op, pipe_end end) noexcept {
  const bool reads = op.kind == op_kind::read || op.kind == op_kind::readv;
  const bool writes = op.kind == op_kind::write || op.kind == op_kind::writev;
  return end.of != nullptr && (end.which == pipe::reader ? reads : writes);
}

void book(operation& op, std::int64_t n) noexcept {
  visit(op, [n]<class Op>(Op& o) { finish_plainly<Op>(o, n); });
}

}  // namespace

error engine::make_pipe(handle_id (&ends)[2]) noexcept {
  if (down_) return system_error(-EIO);
  if (rng.chance(options.faults.too_many_files)) return system_error(-EMFILE);
  pipes_.make(ends, rng.chance(500) ? large_pipe : rng.between(1, 5000));
  return {};
}

/// How much goes through at once.
std::size_t engine::piece() {
  if (!rng.chance(options.faults.short_transfer)) return SIZE_MAX;
  ++counts_.faults;
  return rng.between(1, 64);
}

void engine::begin_piped(sim_backend& on, operation& op) {
  const pipe_end end = pipes_.find(op.id);
  if (op.kind == op_kind::close && end.of != nullptr) {
    if (!rng.chance(options.at_once)) return hand_over(admit(on, op));
    carry_out(op);
    return finish_at_once(op);
  }
  std::int64_t n = -EBADF;
  if (fits(op, end)) {
    const bool now_or_never = end.of->waiting[end.which].empty() && rng.chance(options.at_once);
    n = now_or_never ? pipes::transfer(end, op, piece()) : -EAGAIN;
    look_after(*end.of);
  }
  if (n == -EAGAIN) {
    flight& f = admit(on, op);
    f.memory.lend(op);
    f.at = flight::stage::parked;
    end.of->waiting[end.which].push_back(f.number);
    return;
  }
  book(op, n);
  finish_at_once(op);
}

/// Soon, somebody will see whether bytes can move.
void engine::look_after(pipe& p) {
  if (std::exchange(p.looked_after, true)) return;
  at(now + delay(), event_kind::pump, pipes_.index_of(p));
}

void engine::pump(pipe& p) {
  p.looked_after = false;
  if (rng.chance(options.faults.stream_end)) {
    ++counts_.faults;
    p.open[rng.below(2)] = false;
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
      const std::int64_t n = pipes::transfer({&p, which}, *f->op, piece());
      f->memory.keep();
      if (n == -EAGAIN) break;
      p.waiting[which].pop_front();
      book(*f->op, n);
      deliver(*f);
      moved = true;
    }
  }
  if (moved && !(p.waiting[0].empty() && p.waiting[1].empty())) look_after(p);
}

/// For a thread without a loop: nobody would bring what is not there.
void engine::perform_piped(operation& op) noexcept {
  const pipe_end end = pipes_.find(op.id);
  std::int64_t n = -EBADF;
  if (op.kind == op_kind::close && end.of != nullptr) {
    close_pipe(end);
    n = 0;
  } else if (fits(op, end)) {
    n = pipes::transfer(end, op, SIZE_MAX);
    look_after(*end.of);
  }
  book(op, n == -EAGAIN ? -EDEADLK : n);
  op.complete();
}

void engine::leave_pipe(const flight& f) {
  const pipe_end end = pipes_.find(f.op->id);
  if (end.of != nullptr) std::erase(end.of->waiting[end.which], f.number);
}

void engine::close_pipe(pipe_end end) {
  if (end.of == nullptr) return;
  end.of->open[end.which] = false;
  look_after(*end.of);
}

}  // namespace sluice::inline v0::sim

#include "backend/native_backend.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "loop/cores.hpp"
#include "ops/calls.hpp"

namespace sluice::inline v0 {

native_backend::native_backend(loop& owner, const loop_options& options)
    : owner_(owner),
      ways_(options.ways),
      latency_sensitive_(options.latency_sensitive),
      counted_(owner, *this),
      pool_threads_(options.pool_threads) {
  if (pool_threads_ == 0) pool_threads_ = std::max(4u, 4 * usable_cores());
}

native_backend::~native_backend() = default;

time_point_ns native_backend::now() noexcept {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * time_point_ns{1'000'000'000} + t.tv_nsec;
}

void native_backend::call(operation& op, const native_row& row, std::int64_t result) noexcept {
  ++counts_.kinds[static_cast<std::size_t>(op.kind)].calls;
  row.finish(op, result);
  op.complete();
}

/// A plain call, if that is the way; false when the overlapped one is.
bool native_backend::try_plain(operation& op, const native_row& row) noexcept {
  if (ways_ == way_choice::calls) {
    call(op, row, row.perform(op));
    return true;
  }
  if (ways_ == way_choice::overlapped || latency_sensitive_) return false;
  lane& l = policy_.of(op.kind, op.id);
  if (!l.plain()) return false;
  const time_point_ns begun = now();
  const std::int64_t result = row.perform(op);
  l.called(now() - begun);
  call(op, row, result);
  return true;
}

void native_backend::submit(operation& op, const native_row& row) noexcept {
  switch (row.route) {
    case routing::overlapped: return go_overlapped(op, row, false);
    case routing::readiness: break;
    case routing::adaptive:
      if (!try_plain(op, row)) go_overlapped(op, row, ways_ == way_choice::adaptive);
      return;
    case routing::attempt:
      if (ways_ != way_choice::overlapped) {
        const std::int64_t result = row.attempt(op);
        if (result != -EAGAIN) return call(op, row, result);
      }
      return go_overlapped(op, row, false);
  }
  go_overlapped(op, row, false);
}

void native_backend::go_overlapped(operation& op, const native_row& row, bool measured) noexcept {
  auto& s = *::new (static_cast<void*>(op.scratch)) native_slot;
  s.op = &op;
  s.row = &row;
  s.at = native_slot::stage::queued;
  s.measured = measured;
  s.cancel_wanted = false;
  live_.insert(s);
  counted_.begun(system_id::descriptor(op.id));
  if (measured) policy_.of(op.kind, op.id).begun(now());
  if (row.route == routing::readiness) {
    await_readiness(s);
  } else {
    overlap(s);
  }
}

void native_backend::finished(native_slot& s, std::int64_t result) noexcept {
  operation& op = *s.op;
  live_.remove(s);
  counted_.ended(system_id::descriptor(op.id));
  if (s.measured) {
    policy_.of(op.kind, op.id).completed([this] { return now(); });
  }
  s.row->finish(op, result);
  op.complete();
  if (!drains_.empty()) settle_drains();
}

void native_backend::send_to_pool(native_slot& s) noexcept {
  ++counts_.kinds[static_cast<std::size_t>(s.op->kind)].pool;
  s.at = native_slot::stage::in_pool;
  s.run = [](job& j) noexcept {  // on a thread of the pool
    auto& slot = static_cast<native_slot&>(j);
    slot.result = slot.row->perform(*slot.op);
    slot.run = [](job& done) noexcept {  // back on the loop's
      auto& at = static_cast<native_slot&>(done);
      auto& self = *static_cast<native_backend*>(static_cast<backend*>(at.op->home->carrier()));
      self.finished(at, at.result);
    };
    slot.op->home->post(slot);
  };
  to_pool_.push(s);
}

void native_backend::hand_over() noexcept {
  if (released_ >= 0) close_released();
  if (!to_pool_.empty()) {
    if (!pool_) pool_.reset(new (std::nothrow) thread_pool(pool_threads_));
    if (pool_) {
      pool_->submit(to_pool_);
    } else {
      while (job* j = to_pool_.pop()) j->run(*j);
    }
  }
}

void native_backend::cancel(operation& op) noexcept { end_early(native_slot::of(op)); }

void native_backend::cancel_all() noexcept {
  const auto not_yet = [](const native_slot& s) { return !s.cancel_wanted; };
  while (native_slot* s = live_.find(not_yet)) end_early(*s);
}

void native_backend::end_early(native_slot& s) noexcept {
  if (s.cancel_wanted) return;
  s.cancel_wanted = true;
  if (s.at != native_slot::stage::in_pool) return cancel_held(s);
  // A blocking call that has begun goes on to its end.
  if (to_pool_.remove(s) || (pool_ && pool_->withdraw(s))) finished(s, -ECANCELED);
}

native_slot* native_backend::live_on(int descriptor, bool not_yet_cancelled) noexcept {
  return live_.find([&](const native_slot& s) {
    return system_id::descriptor(s.op->id) == descriptor && !(not_yet_cancelled && s.cancel_wanted);
  });
}

void native_backend::drain(drain_request& wanted) noexcept {
  drains_.push(wanted);
  // Ending one may change the list: look from its start again each time.
  while (native_slot* s = live_on(wanted.descriptor, true)) end_early(*s);
  settle_drains();
}

void native_backend::settle_drains() noexcept {
  job_queue waiting;
  waiting.append(drains_);
  while (job* j = waiting.pop()) {
    const bool silent = live_on(static_cast<drain_request*>(j)->descriptor, false) == nullptr;
    if (silent) {
      owner_.schedule(*j);
    } else {
      drains_.push(*j);
    }
  }
}

void native_backend::release(int descriptor) noexcept {
  system_id::release_link(descriptor) = std::exchange(released_, descriptor);
}

/// A thread of the pool closes them, one batch at a time; what is released meanwhile waits.
void native_backend::close_released() noexcept {
  if (closer_.busy.load(std::memory_order_acquire)) return;
  closer_.busy.store(true, std::memory_order_relaxed);
  closer_.first = std::exchange(released_, -1);
  closer_.run = [](job& j) noexcept {
    auto& closing = static_cast<closer&>(j);
    for (int fd = closing.first; fd >= 0;) {
      const int next = system_id::release_link(fd);
      ::close(fd);
      fd = next;
    }
    closing.busy.store(false, std::memory_order_release);
  };
  to_pool_.push(closer_);
}

void native_backend::collect(loop_statistics& into) const noexcept {
  into += counts_;
  for (std::size_t k = 0; k < op_kinds; ++k) {
    into.kinds[k].flips += policy_.flips(static_cast<op_kind>(k));
  }
}

}  // namespace sluice::inline v0

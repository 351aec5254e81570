#include "backend/native_backend.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "backend/closing.hpp"
#include "loop/cores.hpp"
#include "ops/calls.hpp"

namespace sluice::inline v0 {

native_backend::native_backend(loop& owner, const loop_options& options)
    : owner_(owner),
      counted_(owner),
      policy_(policy::make()),
      ways_(options.ways),
      latency_sensitive_(options.latency_sensitive),
      pool_threads_(options.pool_threads) {
  route_everything();
}

native_backend::native_backend(native_backend& before)
    : owner_(before.owner_),
      counts_(before.counts_),
      counted_(std::move(before.counted_)),
      released_(std::exchange(before.released_, -1)),
      policy_(std::move(before.policy_)),
      turns_(before.turns_),
      waits_(before.waits_),
      preemptions_(before.preemptions_),
      clock_price_(before.clock_price_),
      ways_(before.ways_),
      latency_sensitive_(before.latency_sensitive_),
      held_(std::exchange(before.held_, 0)),
      pool_threads_(before.pool_threads_) {
  route_everything();
  live_.take_over(before.live_);
}

native_backend& native_backend::give_way_to(std::unique_ptr<native_backend> better) noexcept {
  native_backend& taken = *better;
  owner_.take_backend(std::move(better));
  return taken;
}

void native_backend::route_everything() noexcept {
  for (carrier& c : carriers_) {
    c = [](backend& b, operation& op) noexcept {
      static_cast<native_backend&>(b).route(op, *row_for(op.kind));
    };
  }
  take_quick_calls();
}

native_backend::~native_backend() {
  lines_.each([this](int descriptor, stream_lines&) { close_parked(descriptor); });
  retire();
  while (released_ >= 0)
    ::close(std::exchange(released_,
                          system_id::release_link(released_).load(std::memory_order_relaxed)));
}

void native_backend::retire() noexcept {
  counted_.retire();
  pool_.reset();
}

time_point_ns native_backend::now() noexcept {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * time_point_ns{1'000'000'000} + t.tv_nsec;
}

timespec native_backend::left_until(time_point_ns when) noexcept {
  constexpr time_point_ns second = 1'000'000'000;
  const time_point_ns left = std::max<time_point_ns>(when - now(), 0);
  return {left / second, left % second};
}

/// A plain call, if that is the way; false when the overlapped one is.
bool native_backend::try_plain(operation& op, const native_row& row) noexcept {
  if (ways_ == way_choice::calls) {
    called(op, row, row.perform(op));
    return true;
  }
  if (ways_ == way_choice::overlapped || latency_sensitive_) return false;
  lane& l = policy_->of(op.kind, op.id);
  const bool dear = clock_is_dear();
  if (!l.plain(dear)) return false;
  if (!l.timed(dear)) {
    called(op, row, row.perform(op));
    return true;
  }
  const bool looked = l.doubtful();
  if (looked) lost_core();
  const time_point_ns begun = now();
  const std::int64_t result = row.perform(op);
  const time_point_ns took = now() - begun;
  const bool pooled = in_pool(row);
  // In a thread a call is no quicker: only what waits is worth the way there.
  const bool usual = pooled ? took <= lane::suspicious_call : l.usual(took);
  const why_long why = usual ? why_long::worked : lost_core();
  l.doubt(!usual);
  // Nothing is learnt from a call in whose midst somebody else was given the core; nor where the thread
  // may as well have waited before it, for a lock of the program's.
  if (why == why_long::worked || (why == why_long::waited && looked)) {
    const std::uint32_t flips = l.flips();
    // One that did not wait is not slow, however much it had to do; but the ring may make it cheaper.
    const time_point_ns most = pooled ? lane::suspicious_call : lane::slow_call;
    const time_point_ns cost = why == why_long::waited ? took : std::min(took, most);
    l.called(pooled ? std::max<time_point_ns>(cost - calls_of_a_hop * clock_price_, 1) : cost,
             dear ? lane::timed_if_dear : 1, suspicious(pooled));
    counts_.kinds[static_cast<std::size_t>(op.kind)].flips += l.flips() - flips;
  }
  called(op, row, result);
  return true;
}

/// Where the clock is a system call and the kernel's entry is most of a call, the ring is worth a trial for
/// far cheaper ones: of its entries many share one.
time_point_ns native_backend::suspicious(bool pooled) noexcept {
  constexpr time_point_ns dear_entry = 2'000;
  if (pooled || clock_price_ < dear_entry) return lane::suspicious_call;
  return std::min<time_point_ns>(lane::suspicious_call, 2 * clock_price_);
}

/// It is nearly free on real machines, and a system call in some that are only modelled.
bool native_backend::clock_is_dear() noexcept {
  constexpr time_point_ns dear = 400;
  if (clock_price_ == 0) {
    // The first look may wait for a page, any of them for somebody else.
    time_point_ns least = never;
    for (int looks = 0; looks < 4; ++looks) {
      const time_point_ns begun = now();
      least = std::min(least, now() - begun);
    }
    clock_price_ = std::max<time_point_ns>(least, 1);
  }
  return clock_price_ > dear;
}

/// What has happened to the thread since this was last asked. Not for the hot path: a system call.
native_backend::why_long native_backend::lost_core() noexcept {
  rusage used;
  ::getrusage(RUSAGE_THREAD, &used);
  const bool waited = std::exchange(waits_, used.ru_nvcsw) != used.ru_nvcsw;
  const bool preempted = std::exchange(preemptions_, used.ru_nivcsw) != used.ru_nivcsw;
  if (waited) return why_long::waited;
  return preempted ? why_long::preempted : why_long::worked;
}

void native_backend::route(operation& op, const native_row& row) noexcept {
  if (row.begin != nullptr) {
    const std::int64_t begun = row.begin(op);
    if (begun < 0) return called(op, row, begun);
  }
  switch (row.route) {
    case routing::overlapped:
      return go_overlapped(op, row, false);
    case routing::readiness:
      break;
    case routing::at_once:
      return called(op, row, row.perform(op));
    case routing::adaptive:
      if (!try_plain(op, row)) go_overlapped(op, row, ways_ == way_choice::adaptive);
      return;
    case routing::attempt:
      if (may_attempt()) {
        const std::int64_t result = row.attempt(op);
        if (result != -EAGAIN) return called(op, row, result);
      }
      return go_overlapped(op, row, false);
    case routing::clock:
      admit(op, row, native_slot::stage::asleep);
      return;
  }
  go_overlapped(op, row, false);
}

void native_backend::go_overlapped(operation& op, const native_row& row, bool measured) noexcept {
  if (may_be_outgrown_) [[unlikely]] {
    native_backend& better = outgrow();
    if (&better != this) return better.go_overlapped(op, row, measured);
  }
  native_slot& s = admit(op, row);
  counted_.begun(system_id::descriptor(op.id));
  if (measured) {
    s.set(native_slot::measured);
    ++measured_;
  }
  if (row.route == routing::readiness) {
    stand_in_line(s);
  } else {
    overlap(s);
  }
}

void native_backend::measure_end(native_slot& s) noexcept {
  lane& l = policy_->of(s.op->kind, s.op->id);
  const std::uint32_t flips = l.flips();
  if (s.at == native_slot::stage::in_pool) {
    l.completed([this] { return now(); }, turns_);
  } else {
    --measured_;
    if (share_ >= 0) l.completed_for(share_);
  }
  counts_.kinds[static_cast<std::size_t>(s.op->kind)].flips += l.flips() - flips;
}

/// Perhaps because the ring does not take just this one.
void native_backend::send_to_pool(native_slot& s) noexcept {
  if (s.has(native_slot::measured)) {
    --measured_;
    policy_->of(s.op->kind, s.op->id).begun([this] { return now(); });
  }
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
  ++turns_;
  if (released_ >= 0) close_released();
  if (!to_pool_.empty()) {
    if (!pool_) {
      const unsigned threads = pool_threads_ != 0 ? pool_threads_ : std::max(4u, 4 * usable_cores());
      pool_.reset(new (std::nothrow) thread_pool(threads));
    }
    if (pool_) {
      pool_->submit(to_pool_);
    } else {
      while (job* j = to_pool_.pop())
        j->run(*j);
    }
  }
}

way_taken native_backend::way_of(const operation& op) const noexcept {
  const auto& s = *reinterpret_cast<const native_slot*>(op.scratch);
  if (s.op != &op) return way_taken::unknown;  // somebody else carried it out, by others
  switch (s.at) {
    case native_slot::stage::in_ring: return way_taken::ring;
    case native_slot::stage::in_pool: return way_taken::pool;
    default: return way_taken::unknown;
  }
}

void native_backend::cancel(operation& op) noexcept {
  end_early(native_slot::of(op));
}

void native_backend::cancel_all() noexcept {
  live_.each([this](native_slot& s) { end_early(s); });
}

void native_backend::end_early(native_slot& s) noexcept {
  if (s.has(native_slot::cancel_wanted)) return;
  s.set(native_slot::cancel_wanted);
  if (s.row->cancel == cancellable::never) return;  // half a close helps nobody
  if (s.at == native_slot::stage::asleep) return finished(s, s.op->expired ? 0 : -ECANCELED);
  if (s.at == native_slot::stage::behind) return finished(s, -ECANCELED);
  if (s.at != native_slot::stage::in_pool) return cancel_held(s);
  // A blocking call that has begun goes on to its end.
  if (to_pool_.remove(s) || (pool_ && pool_->withdraw(s))) finished(s, -ECANCELED);
}

native_slot* native_backend::live_on(int descriptor, bool not_yet_cancelled) noexcept {
  if (descriptor < 0 || counted_.on(descriptor) == 0) return nullptr;
  const auto wanted = [&](const native_slot& s) {
    return s.at != native_slot::stage::asleep && system_id::descriptor(s.op->id) == descriptor &&
           !(not_yet_cancelled && s.has(native_slot::cancel_wanted));
  };
  // With thousands of streams, most of what is under way is on others: look where it would be.
  if (stream_lines* lines = lines_.find(descriptor)) {
    for (native_slot* s : {lines->in.first, lines->out.first}) {
      if (s != nullptr && wanted(*s)) return s;
    }
  }
  return live_.find(wanted);
}

bool native_backend::silence(int descriptor) noexcept {
  // Ending one may change the list: look from its start again each time.
  while (native_slot* s = live_on(descriptor, true))
    end_early(*s);
  close_parked(descriptor);
  settle_drains();
  return live_on(descriptor, false) == nullptr;
}

void native_backend::drain(drain_request& wanted) noexcept {
  drains_.push(wanted);
  silence(wanted.descriptor);
}

void native_backend::tell_drains() noexcept {
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

void native_backend::close(operation& closing) noexcept { close_descriptor(closing); }

bool native_backend::release(int descriptor) noexcept {
  close_parked(descriptor);
  system_id::release_link(descriptor)
      .store(std::exchange(released_, descriptor), std::memory_order_relaxed);
  return true;
}

/// A thread of the pool closes them. It looks itself for what is released meanwhile: the loop may be
/// asleep by the time that it is through.
void native_backend::close_released() noexcept {
  int last = released_;
  for (int fd = last; fd >= 0; fd = system_id::release_link(fd).load(std::memory_order_relaxed))
    last = fd;
  int before = closer_.first.load();
  do system_id::release_link(last).store(before, std::memory_order_relaxed);
  while (!closer_.first.compare_exchange_weak(before, released_));
  released_ = -1;
  if (closer_.busy.exchange(true)) return;
  closer_.run = [](job& j) noexcept {
    auto& closing = static_cast<closer&>(j);
    do {
      for (int fd = closing.first.exchange(-1); fd >= 0;) {
        const int next = system_id::release_link(fd).load(std::memory_order_relaxed);
        ::close(fd);
        fd = next;
      }
      closing.busy.store(false);
    } while (closing.first.load() >= 0 && !closing.busy.exchange(true));
  };
  to_pool_.push(closer_);
}

void native_backend::collect(loop_statistics& into) const noexcept { into += counts_; }

}  // namespace sluice::inline v0

#include "sluice/loop.hpp"

#include <thread>

#include "backend/backend.hpp"
#include "loop/current.hpp"

namespace sluice::inline v0 {

loop::loop(const loop_options& options) {
  frames_ = options.frames;
  backend_ = make_backend(*this, options);
  carrier_ = backend_.get();
  waker_ = backend_.get();
  stop_job_.of = this;
  stop_job_.run = [](job& j) noexcept {
    loop& self = *static_cast<stop_job&>(j).of;
    self.stop_posted_.store(false, std::memory_order_relaxed);
    self.stopping_ = true;
  };
}

loop::~loop() {
  SLUICE_ASSERT(backend_->idle() || ours(),
                "a loop with operations in flight is destroyed on another thread than its own");
  // Tasks that hear of their cancellation may well begin something else.
  bool more = true;
  while (more || kept_ != 0 || !backend_->idle()) {
    backend_->cancel_all();
    more = turn(kept_ == 0 && backend_->idle() ? 0 : never);
  }
  // From here on nobody posts: threads of the pool have ended, other loops do not find this one.
  backend_->retire();
  while (turn(0)) {
  }
  // What a thread posted last may have ended the loop before that thread was out of `post`.
  while (posting_.load(std::memory_order_acquire) != 0)
    std::this_thread::yield();
}

loop_statistics& loop_statistics::operator+=(const loop_statistics& other) noexcept {
  for (std::size_t k = 0; k < op_kinds; ++k) {
    kinds[k].calls += other.kinds[k].calls;
    kinds[k].ring += other.kinds[k].ring;
    kinds[k].pool += other.kinds[k].pool;
    kinds[k].flips += other.kinds[k].flips;
  }
  kernel_entries += other.kernel_entries;
  wakeups += other.wakeups;
  return *this;
}

time_point_ns loop::now() noexcept {
  return backend_->now();
}

void loop::post(job& j) noexcept {
  posting_.fetch_add(1, std::memory_order_relaxed);
  j.next = inbox_.load(std::memory_order_relaxed);
  while (!inbox_.compare_exchange_weak(j.next, &j, std::memory_order_seq_cst,
                                       std::memory_order_relaxed)) {
  }
  // Only the first of those who find the loop asleep has to wake it.
  if (asleep_.exchange(false, std::memory_order_seq_cst))
    waker_.load(std::memory_order_seq_cst)->wake();
  posting_.fetch_sub(1, std::memory_order_release);
}

/// Posted last is found first; the ready queue gets them in the order posted.
void loop::take_inbox() noexcept {
  if (inbox_.load(std::memory_order_relaxed) == nullptr) return;
  job* reversed = inbox_.exchange(nullptr, std::memory_order_acquire);
  job* ordered = nullptr;
  while (reversed != nullptr) {
    job* j = reversed;
    reversed = j->next;
    j->next = ordered;
    ordered = j;
  }
  while (ordered != nullptr) {
    job* j = ordered;
    ordered = j->next;
    ready_.push(*j);
  }
}

void loop::run() {
  while (!std::exchange(stopping_, false))
    run_once();
}

void loop::stop() noexcept {
  if (!stop_posted_.exchange(true, std::memory_order_acq_rel)) post(stop_job_);
}

/// Whether the calling thread is the one that the loop belongs to, which the first that runs it is.
bool loop::ours() noexcept {
  if (thread_ == std::thread::id()) thread_ = std::this_thread::get_id();
  return thread_ == std::this_thread::get_id();
}

bool loop::run_once(time_point_ns deadline) {
  SLUICE_ASSERT(ours(), "a loop is run by another thread than its own");
  return turn(deadline);
}

bool loop::turn(time_point_ns deadline) {
  const current_driver_scope here(*this);
  time_point_ns until = 0;
  if (ready_.empty() && deadline != 0) {
    until = timers_.next() < deadline ? timers_.next() : deadline;
    // Whoever posts from now on wakes us; what came before this we see.
    asleep_.store(true, std::memory_order_seq_cst);
    if (inbox_.load(std::memory_order_seq_cst) != nullptr) until = 0;
  }
  backend_->turn(until);
  asleep_.store(false, std::memory_order_relaxed);
  run_ready();
  if (deadline == 0) {
    // The caller waits elsewhere, on native_handle: leave nothing unsaid.
    backend_->turn(0);
    asleep_.store(true, std::memory_order_seq_cst);
  }
  return !ready_.empty();
}

void loop::run_ready() noexcept {
  take_inbox();
  if (timers_.next() != never) timers_.expire(now());
  // A bounded turn: each round runs what the one before it made ready, and after so many of them
  // the kernel gets its turn.
  constexpr unsigned rounds_per_turn = 32;
  inline_left_ = inline_budget;
  for (unsigned i = 0; i < rounds_per_turn && !ready_.empty(); ++i) {
    for (job* j = ready_.pop_all(); j != nullptr;) {
      job* next = j->next;
      run_job(*j);
      j = next;
    }
  }
}

/// The old one stays: a thread that found the loop asleep may be about to wake it. As the loop then
/// sleeps in the new one, that is woken for all that was posted before it was to be seen.
void loop::take_backend(std::unique_ptr<backend> better) noexcept {
  outgrown_ = std::exchange(backend_, std::move(better));
  carrier_ = backend_.get();
  waker_.store(backend_.get(), std::memory_order_seq_cst);
  if (inbox_.load(std::memory_order_seq_cst) != nullptr) backend_->wake();
}

int loop::native_handle() noexcept {
  settle(*backend_);
  return backend_->native_handle();
}

time_point_ns loop::next_deadline() const noexcept {
  const bool now = !ready_.empty() || inbox_.load(std::memory_order_seq_cst) != nullptr;
  return now ? 0 : timers_.next();
}

std::string loop::backend_report() {
  settle(*backend_);
  return backend_->report();
}

std::string loop::backend_in_use() const {
  return backend_->report();
}

loop_statistics loop::statistics() const noexcept {
  loop_statistics s;
  backend_->collect(s);
  return s;
}

registered_buffers::registered_buffers(loop& l, std::span<const std::span<std::byte>> buffers)
    : loop_(l), buffers_(buffers) {
  settle(*l.backend_);
  registered_ = l.backend_->register_buffers(buffers);
}

registered_buffers::~registered_buffers() {
  if (registered_) loop_.backend_->unregister_buffers();
}

}  // namespace sluice::inline v0

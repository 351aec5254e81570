#include "sluice/crew.hpp"

#include <algorithm>

#include "loop/cores.hpp"
#include "loop/thread_host.hpp"
#include "sluice/core/scope.hpp"

namespace sluice::inline v0 {

namespace {

constexpr unsigned enough_waiting = 3;  // pieces of one worker, for one more worker to be of use

/// Suspends a worker's main task until it is woken by its loop.
struct sleep_until_woken {
  std::coroutine_handle<>& place;
  explicit sleep_until_woken(std::coroutine_handle<>& p) noexcept : place(p) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) noexcept { place = h; }
  void await_resume() const noexcept {}
};

/// A quota may leave fewer cores, but takes files to read: that waits for a second worker.
unsigned most_on(const thread_host* threads, const crew_host& host) noexcept {
  return threads != nullptr ? allowed_cores() : host.cores();
}

}  // namespace

crew::crew(const crew_options& options)
    : options_(options),
      threads_(options.host != nullptr ? nullptr : std::make_unique<thread_host>()),
      host_(options.host != nullptr ? *options.host : *threads_) {
  workers_.push_back(std::unique_ptr<worker>(new worker(*this, 0)));
  count_workers(most_on(threads_.get(), host_));
}

void crew::count_workers(unsigned cores) noexcept {
  limit_ = options_.workers != 0 ? options_.workers : workers_on(cores, options_.spare);
  const bool some_later = options_.workers == 0 && options_.spare_when_waiting;
  wanted_ = some_later ? workers_on(cores, 0) : limit_.load();
}

/// When a second worker is wanted, and nobody else looks at the workers yet.
void crew::hire() {
  if (options_.workers == 0) count_workers(host_.cores());
  for (unsigned i = 1; i < limit_; ++i) {
    workers_.push_back(std::unique_ptr<worker>(new worker(*this, i)));
  }
}

/// All that a worker has begun waits.
void crew::want_spare() noexcept {
  if (wanted_.load(std::memory_order_relaxed) == limit_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  wanted_ = limit_.load();
}

crew::~crew() {
  for (auto& w : workers_) {
    for (work* untaken : w->pile_)
      delete untaken;  // only after a failure
  }
}

void crew::add(worker& from, std::unique_ptr<work> more) { add(from, std::span(&more, 1)); }

void crew::add(worker& from, std::span<std::unique_ptr<work>> more) {
  if (more.empty()) return;  // nobody is woken for nothing
  std::exception_ptr no_memory;
  {
    const std::lock_guard lock(from.mutex_);
    const std::size_t before = from.pile_.size();
    try {
      for (auto& piece : more) {
        from.pile_.push_back(piece.get());
        piece.release();
      }
    } catch (...) {
      no_memory = std::current_exception();
    }
    const std::size_t n = from.pile_.size() - before;
    // Counted before anybody can take it: else it could end and not be missed.
    from.added_.fetch_add(n, std::memory_order_seq_cst);
    from.untaken_.store(before + n, std::memory_order_seq_cst);
  }
  if (idle_count_.load(std::memory_order_seq_cst) > 0 ||
      started_.load(std::memory_order_relaxed) < wanted_.load(std::memory_order_relaxed)) {
    feed_the_hungry();
  }
  if (no_memory) std::rethrow_exception(no_memory);
}

work* crew::take_from(worker& w, bool newest) {
  if (w.untaken_.load(std::memory_order_seq_cst) == 0) return nullptr;
  const std::lock_guard lock(w.mutex_);
  if (w.pile_.empty()) return nullptr;
  work* piece = newest ? w.pile_.back() : w.pile_.front();
  newest ? w.pile_.pop_back() : w.pile_.pop_front();
  w.untaken_.store(w.pile_.size(), std::memory_order_seq_cst);
  return piece;
}

/// The newest of the worker's own, else the oldest of somebody else's.
work* crew::take(worker& w) {
  if (work* own = take_from(w, true)) return own;
  const unsigned n = started_.load(std::memory_order_seq_cst);
  if (w.index_ >= n) return nullptr;  // what it did would not be counted yet
  for (unsigned i = 1; i < n; ++i) {
    if (work* found = take_from(*workers_[(w.index_ + i) % n], false)) return found;
  }
  return nullptr;
}

std::size_t crew::untaken() const noexcept {
  std::size_t all = 0;
  const unsigned n = started_.load(std::memory_order_acquire);
  for (unsigned i = 0; i < n; ++i) all += workers_[i]->untaken_.load(std::memory_order_seq_cst);
  return all;
}

/// Nothing is under way, nor will be. Each worker counts for itself, as all do so all the time. What has
/// ended is counted first: if so much was added, up to a later moment, there was a moment in between
/// at which all had ended; and only work adds work.
bool crew::all_ended() const noexcept {
  for (;;) {
    std::size_t ended = 0, added = 0;
    const unsigned n = started_.load(std::memory_order_seq_cst);
    for (unsigned i = 0; i < n; ++i) ended += workers_[i]->ended_.load(std::memory_order_seq_cst);
    for (unsigned i = 0; i < n; ++i) added += workers_[i]->added_.load(std::memory_order_seq_cst);
    if (started_.load(std::memory_order_seq_cst) == n) return ended == added;
  }
}

/// Wakes an idle worker, or starts one more while there is work for it.
void crew::feed_the_hungry() noexcept {
  const std::lock_guard lock(mutex_);
  for (auto& w : workers_) {
    if (!w->idle_) continue;
    wake(*w);
    return;
  }
  const unsigned n = started_.load(std::memory_order_relaxed);
  if (n >= wanted_ || untaken() < 2) return;
  try {
    if (workers_.size() == 1) hire();
    if (n >= wanted_) return;
    host_.start(options_.loop, *workers_[n]);
    started_.store(n + 1, std::memory_order_seq_cst);
  } catch (...) {
    limit_ = wanted_ = n;  // no more to be had: the ones there are do the work
  }
}

/// Under the mutex; the worker is idle.
void crew::wake(worker& w) noexcept {
  w.idle_ = false;
  idle_count_.fetch_sub(1, std::memory_order_relaxed);
  w.loop_->post(w.wake_);
}

void crew::note(std::exception_ptr thrown) noexcept {
  const std::lock_guard lock(mutex_);
  if (!thrown_) thrown_ = std::move(thrown);
}

/// A piece for which there is no memory is not done, and still counts as ended.
void crew::begin(worker& w, work* piece, limiter& begun, scope& children) noexcept {
  ++w.begun_;
  try {
    children.spawn(do_work(w, piece, begun));
  } catch (...) {
    note(std::current_exception());
    delete piece;
    end_of_work(w, begun);
  }
}

task<void> crew::do_work(worker& w, work* piece, limiter& begun) {
  const std::unique_ptr<work> owned(piece);
  try {
    auto doing = owned->run(w);
    co_await std::move(doing);
  } catch (...) {
    note(std::current_exception());
  }
  end_of_work(w, begun);
}

void crew::end_of_work(worker& w, limiter& begun) noexcept {
  --w.begun_;
  begun.leave();
  w.ended_.fetch_add(1, std::memory_order_seq_cst);
  const bool more = w.begun_ > 0 || w.untaken_.load(std::memory_order_seq_cst) > 0;
  if (!more && all_ended()) {
    // The last: everybody may go home.
    const std::lock_guard lock(mutex_);
    for (auto& other : workers_) {
      if (other->idle_) wake(*other);
    }
  }
}

task<void> crew::take_work(worker& w) {
  auto here = co_await this_task();
  scope children(here);
  limiter begun(options_.works_in_flight);
  for (;;) {
    auto entered = co_await begun.enter();
    static_cast<void>(entered);
    // Another only once all that was begun waits: what was not begun, others can take, and what a piece
    // has just used, as a directory that it made, it uses again while it is at hand.
    while (w.begun_ > 0 && here.home->busy()) co_await yield();
    if (w.begun_ >= enough_waiting) want_spare();
    work* piece = take(w);
    if (piece != nullptr) {
      begin(w, piece, begun, children);
      co_await yield();
      continue;
    }
    begun.leave();
    if (all_ended()) break;
    bool sleeps = false;
    {
      const std::lock_guard lock(mutex_);
      // Idle first, then one more look: whoever adds work after that look sees us idle.
      w.idle_ = true;
      idle_count_.fetch_add(1, std::memory_order_seq_cst);
      sleeps = untaken() == 0 && !all_ended();
      if (!sleeps) {
        w.idle_ = false;
        idle_count_.fetch_sub(1, std::memory_order_relaxed);
      }
    }
    if (sleeps) co_await sleep_until_woken(w.sleeper_);
  }
  co_await children.join();
}

task<void> worker::main(sluice::loop& on) {
  {
    const std::lock_guard lock(crew_.mutex_);
    loop_ = &on;
  }
  wake_.self = this;
  wake_.run = [](job& j) noexcept {
    worker& self = *static_cast<decltype(wake_)&>(j).self;
    if (self.sleeper_) self.loop_->resume_next(std::exchange(self.sleeper_, nullptr));
  };
  return crew_.take_work(*this);
}

void worker::ended(sluice::loop& on) noexcept {
  try {
    std::string report = on.backend_in_use();
    const std::lock_guard lock(crew_.mutex_);
    crew_.statistics_ += on.statistics();
    crew_.report_ = std::move(report);
  } catch (...) {
    crew_.note(std::current_exception());
  }
}

/// Without a loop this worker can't help; the first one has to have one.
void worker::refused(std::exception_ptr why) noexcept {
  if (index_ == 0) crew_.note(std::move(why));
}

void crew::run(std::unique_ptr<work> first) {
  // Of a run before this one each counted a part, and not all may take part again.
  for (auto& w : workers_) w->added_ = w->ended_ = 0;
  started_.store(1);
  add(*workers_[0], std::move(first));
  host_.run(options_.loop, *workers_[0]);
  host_.join();
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

}  // namespace sluice::inline v0

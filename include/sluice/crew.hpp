// Work shared by all cores: one loop per thread, each with its own pile of work, from which the
// others take when they have none.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "sluice/core/for_each.hpp"
#include "sluice/core/scope.hpp"
#include "sluice/loop.hpp"

namespace sluice::inline v0 {

class crew;
class work;

/// Where the workers of a crew run. The crew's own host gives each a thread.
class crew_host {
 public:
  /// What is run for one worker.
  class body {
   public:
    /// Called once, on the thread of the loop that it is for.
    virtual task<void> main(loop& on) = 0;
    /// The task has ended, and the loop is about to.
    virtual void ended(loop& on) noexcept = 0;
    /// There was no loop to be had.
    virtual void refused(std::exception_ptr why) noexcept = 0;

   protected:
    ~body() = default;
  };

  /// Runs a body's task on a loop of its own, here, until it has ended.
  virtual void run(const loop_options& options, body& b) noexcept = 0;
  /// The same elsewhere. Returns at once, and calls the body later. Throws when there can't be more.
  virtual void start(const loop_options& options, body& b) = 0;
  /// Returns when everything that was started has ended.
  virtual void join() = 0;
  /// How many workers make sense; asked when there is work for a second one.
  virtual unsigned cores() const noexcept = 0;

 protected:
  ~crew_host() = default;
};

struct crew_options {
  unsigned workers = 0;          // loops, the calling thread's included; 0: one per core
  unsigned spare = 0;            // as many more, if `workers` is 0 and there is more than one core,
  bool spare_when_waiting = false; // and if so, only once all that one of them has begun waits
  unsigned works_in_flight = 16; // that a worker has begun and not ended
  loop_options loop;
  crew_host* host = nullptr;     // null: a thread for each worker; else it must outlive the crew
};

/// One of the crew's loops: what a piece of work runs on.
class worker final : private crew_host::body {
 public:
  sluice::loop& on() noexcept { return *loop_; }
  crew& of() noexcept { return crew_; }
  unsigned index() const noexcept { return index_; }

 private:
  friend class crew;
  worker(crew& c, unsigned i) : crew_(c), index_(i) {}

  task<void> main(sluice::loop& on) override;
  void ended(sluice::loop& on) noexcept override;
  void refused(std::exception_ptr why) noexcept override;

  crew& crew_;
  unsigned index_;
  sluice::loop* loop_ = nullptr;
  // What it writes all the time; others look only when they have nothing to do.
  alignas(cache_line) std::mutex mutex_;
  std::deque<work*> pile_;                // own end: back; the others take from the front
  std::atomic<std::size_t> untaken_ = 0;  // in the pile; changed under the mutex
  std::atomic<std::size_t> added_ = 0;    // by this worker, from the beginning on,
  std::atomic<std::size_t> ended_ = 0;    // and of all work, what it has done
  struct : job {
    worker* self = nullptr;
  } wake_;
  std::coroutine_handle<> sleeper_;  // on the worker's own thread
  bool idle_ = false;                // under the crew's mutex
  unsigned begun_ = 0;               // and not ended; on the worker's own thread
};

/// A piece of work; may add more. Runs as a task of the worker that takes it.
class work {
 public:
  virtual ~work() = default;
  virtual task<void> run(worker& on) = 0;
};

/// Runs work and whatever it adds until nothing is left. The newest is done first, the oldest is
/// what another worker takes: a tree is walked depth first with its large branches spread. A worker
/// begins another piece only when all that it has begun waits.
class crew {
 public:
  explicit crew(const crew_options& options = {});
  ~crew();
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;

  /// Takes part until all work has ended, on a thread that runs no loop. More workers are started only
  /// when work lies untaken. Throws what a piece of work threw, after all others have ended.
  void run(std::unique_ptr<work> first);

  /// From a piece of work, on its worker: adds another, or several, whose last is done first. When there
  /// is no memory for all of them, those from the first on that there was memory for are added.
  void add(worker& from, std::unique_ptr<work> more);
  void add(worker& from, std::span<std::unique_ptr<work>> more);

  /// Somebody has nothing to do, or is started once there is something: worth splitting what is at hand.
  bool hungry() const noexcept {
    return idle_count_.load(std::memory_order_relaxed) > 0 ||
           started_.load(std::memory_order_relaxed) < wanted_.load(std::memory_order_relaxed);
  }
  /// Pieces that this worker has added and nobody has taken, roughly.
  std::size_t waiting(const worker& on) const noexcept {
    return on.untaken_.load(std::memory_order_relaxed);
  }
  /// How many workers there are at most.
  unsigned size() const noexcept { return limit_.load(std::memory_order_relaxed); }

  /// Loops that there were; after `run`, as what follows.
  unsigned loops() const noexcept { return started_.load(std::memory_order_relaxed); }
  /// Of all loops.
  const loop_statistics& statistics() const noexcept { return statistics_; }
  const std::string& backend_report() const noexcept { return report_; }

 private:
  friend class worker;

  task<void> take_work(worker& w);
  void begin(worker& w, work* piece, limiter& begun, scope& children) noexcept;
  task<void> do_work(worker& w, work* piece, limiter& begun);
  void end_of_work(worker& w, limiter& begun) noexcept;
  work* take(worker& w);
  work* take_from(worker& w, bool newest);
  std::size_t untaken() const noexcept;
  bool all_ended() const noexcept;
  void feed_the_hungry() noexcept;
  void count_workers(unsigned cores) noexcept;
  void hire();
  void want_spare() noexcept;
  void wake(worker& w) noexcept;
  void note(std::exception_ptr thrown) noexcept;

  crew_options options_;
  std::unique_ptr<class thread_host> threads_;
  crew_host& host_;
  std::atomic<unsigned> limit_ = 1;
  std::atomic<unsigned> wanted_ = 1;         // of these, are started while there is work for them
  std::atomic<unsigned> idle_count_ = 0;
  alignas(cache_line) std::mutex mutex_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::atomic<unsigned> started_ = 0;        // workers_[0 .. started_) may be looked at
  loop_statistics statistics_;
  std::string report_;
  std::exception_ptr thrown_;
};

}  // namespace sluice::inline v0

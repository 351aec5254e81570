// One loop per core, each on a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "sluice/core/move_to.hpp"
#include "sluice/loop.hpp"
#include "sluice/sync.hpp"

namespace sluice::inline v0 {

class cores;

struct cores_options {
  unsigned count = 0;  // loops; 0: one for each core that the process may use
  bool pin = false;    // ties each thread to one of those cores, in turn; best effort
  loop_options loop;   // of each; a frame source given here serves all of them at once
};

/// One of several loops, with its thread.
class core {
 public:
  sluice::loop& on() noexcept { return loop_; }
  cores& of() noexcept { return cores_; }
  unsigned index() const noexcept { return index_; }

 private:
  friend class cores;
  core(cores& c, unsigned i, const loop_options& options)
      : cores_(c), index_(i), loop_(options), stop_(loop_) {}

  cores& cores_;
  unsigned index_;
  sluice::loop loop_;
  stop_source stop_;  // of every task begun here by `spawn` and `run_on`
};

/// Loops that run on threads of their own; the calling thread takes no part. A scope across cores:
/// what is begun here ends before this does, and the first exception is what `join` throws.
///
/// Members are for any thread unless they say otherwise. Beginning a task costs its frame and one
/// message, which lies in the frame. Those that block refuse to do so on one of these threads, which
/// could wait for itself: they throw std::system_error (resource_deadlock_would_occur).
class cores {
 public:
  /// Returns when every loop is there. Throws what a loop's constructor throws, and
  /// std::system_error when there are no more threads to be had.
  explicit cores(const cores_options& options = {});
  /// Asks every task begun here to stop, waits for them, and then ends the loops: none of them is
  /// destroyed while another still runs and may post to it. On none of these threads.
  ~cores();
  cores(const cores&) = delete;
  cores& operator=(const cores&) = delete;

  unsigned size() const noexcept { return static_cast<unsigned>(cores_.size()); }
  core& operator[](unsigned i) noexcept { return *cores_[i]; }

  /// Begins a task on a core. It ends before `join` returns. If it throws, all are asked to stop.
  void spawn(unsigned i, task<void> work) noexcept;

  /// `co_await on(i, work)`: runs a task on a core, and completes on the awaiting task's driver with
  /// its result, or rethrows what it threw. A request to stop the awaiting task reaches it; `stop`
  /// below does not, unless the awaiting task was begun here. It has to end before this does.
  template <class T>
  task<T> on(unsigned i, task<T> work) {
    return sluice::run_on(cores_[i]->loop_, std::move(work));
  }

  /// The same for a thread that runs no loop: blocks until the task has ended. `stop` reaches it.
  template <class T>
  T run_on(unsigned i, task<T> work) {
    refuse_own_threads();
    return sync(begin_on(*cores_[i], std::move(work)));
  }

  /// Runs `main(core)`, a task<void>, on each core, and joins.
  template <class Main>
  void run(Main main) {
    refuse_own_threads();
    std::vector<task<void>> mains;
    mains.reserve(cores_.size());
    for (auto& c : cores_) mains.push_back(begin_main(main, *c));
    for (auto& c : cores_) spawn(c->index_, std::move(mains[c->index_]));
    join();
  }

  /// Blocks until every task that was spawned has ended. Rethrows the first exception that left one;
  /// without a join nobody hears of it.
  void join();

  /// Asks every task begun here to stop, those too that are begun later.
  void stop() noexcept;

 private:
  template <class T>
  static task<T> begin_on(core& c, task<T> work) {
    auto away = detail::run_there(c.loop_, &c.stop_, work);
    co_await std::move(away);
    co_return work.take();
  }
  // Called where it will run: what `main` does before its first await is done there, too.
  template <class Main>
  static task<void> begin_main(Main& main, core& c) {
    auto work = main(c);
    co_await std::move(work);
  }

  void serve(core& c, bool pinned) noexcept;
  void end_threads() noexcept;
  void reap(detail::task_promise<void>& child) noexcept;
  void refuse_own_threads() const;
  void wait() noexcept;

  std::vector<std::unique_ptr<core>> cores_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_posted_ = false;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t children_ = 0;    // under the mutex, as what follows
  std::size_t inside_ = 0;      // threads whose loops others may post to
  std::exception_ptr thrown_;
};

}  // namespace sluice::inline v0

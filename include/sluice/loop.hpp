#pragma once

#include <cstddef>
#include <cstdint>
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "sluice/core/task.hpp"
#include "sluice/fs/file.hpp"

namespace sluice::inline v0 {

class backend;
class backend_source;

enum class backend_choice : std::uint8_t { automatic, uring, pool };

/// How the way of each operation is chosen: by measurement, or always as plain calls, or never.
enum class way_choice : std::uint8_t { adaptive, calls, overlapped };

struct loop_options {
  /// `automatic` takes io_uring if the machine allows it, when an operation first has to wait: a
  /// program of plain calls sets up nothing. SLUICE_BACKEND=uring|pool|auto overrides.
  backend_choice backend = backend_choice::automatic;
  way_choice ways = way_choice::adaptive;
  /// Never make a call on the loop's thread that may wait for a device: for servers.
  bool latency_sensitive = false;
  unsigned ring_entries = 256;
  /// Threads for blocking calls, started when needed; 0 chooses by the number of cores.
  unsigned pool_threads = 0;
  /// Memory for the frames of tasks created on this loop; null: a recycling allocator.
  frame_source* frames = nullptr;
  /// Makes the backend in place of the library's own (see sluice/backend.hpp); SLUICE_BACKEND is then
  /// not asked.
  backend_source* source = nullptr;
};

/// What a loop has done, for --stats and tests.
struct loop_statistics {
  struct per_kind {
    std::uint64_t calls = 0;  // made on the loop's thread
    std::uint64_t ring = 0;
    std::uint64_t pool = 0;
    std::uint64_t flips = 0;  // times the policy changed its mind
  };
  per_kind kinds[op_kinds];
  std::uint64_t kernel_entries = 0;  // of the ring or of epoll
  std::uint64_t wakeups = 0;         // by other threads
  loop_statistics& operator+=(const loop_statistics& other) noexcept;
};

/// Drives operations, tasks and timers. It belongs to the thread that runs it first, which need not
/// be the one that made it, and which has to destroy it if operations are in flight then.
class loop final : public driver {
 public:
  /// Throws std::invalid_argument for a SLUICE_BACKEND that is none, std::runtime_error when a
  /// backend that was named can't be had, std::system_error when that has no descriptors left
  /// or the process has 256 loops.
  explicit loop(const loop_options& options = {});
  /// Asks operations in flight to stop, those too that tasks begin while they end, and waits for
  /// all of them. Nobody may post to a loop that is being destroyed.
  ~loop();

  /// Runs until `stop` is called.
  void run();
  /// One turn: submits, waits for something to happen unless there is something to run already, at
  /// most until `deadline` on the loop's clock (0: does not wait), and runs what is ready. True if
  /// there is more to run at once.
  bool run_once(time_point_ns deadline = never);
  /// Ends `run`; from any thread.
  void stop() noexcept;

  /// From any thread. The job runs once on the loop's thread, and lies in its owner's memory until
  /// then.
  void post(job& j) noexcept override;
  /// CLOCK_MONOTONIC, in nanoseconds.
  time_point_ns now() noexcept override;

  /// For living inside somebody else's loop: when this descriptor is readable or `next_deadline`
  /// has passed, call run_once(0). Call it once before waiting for the first time, after asking for
  /// the descriptor.
  int native_handle() noexcept;
  /// On the loop's clock; 0 when there is something to run now, `never` when there are no timers.
  time_point_ns next_deadline() const noexcept;

  /// Which backend was taken and why, in one line; decides it if nothing has had to wait so far.
  std::string backend_report();
  /// The same, and leaves that undecided: there may have been plain calls only.
  std::string backend_in_use() const;
  /// Since it was made; on the loop's own thread.
  loop_statistics statistics() const noexcept;

  /// Runs a task to its end on this loop, and gives its result or rethrows what it threw.
  template <class T>
  T run(task<T> work) {
    bool done = false;
    promise_base& p = work.prepare(*this, nullptr, &done, [](promise_base& ended) noexcept {
      *static_cast<bool*>(ended.owner) = true;
    });
    schedule(p);
    while (!done) run_once();
    return work.take();
  }

 private:
  friend class registered_buffers;
  friend class native_backend;

  void take_backend(std::unique_ptr<backend> better) noexcept;
  bool turn(time_point_ns deadline);
  bool ours() noexcept;
  void take_inbox() noexcept;
  void run_ready() noexcept;

  std::atomic<job*> inbox_ = nullptr;
  std::atomic<unsigned> posting_ = 0;  // threads inside `post`
  std::atomic<bool> asleep_ = false;
  std::atomic<bool> stop_posted_ = false;
  bool stopping_ = false;
  struct stop_job : job {
    loop* of = nullptr;
  } stop_job_;
  std::unique_ptr<backend> backend_;
  std::unique_ptr<backend> outgrown_;
  std::atomic<backend*> waker_ = nullptr;
  std::thread::id thread_;  // that ran it first; only debug builds look
};

/// Runs `main(loop)`, a task, to its end.
template <class Main>
auto run(loop& l, Main&& main) {
  return l.run(main(l));
}

/// Memory known to the loop's ring: reads into it and writes from it skip the kernel's look-up of
/// the pages. On other loops and backends its spans are plain memory. At most one set per loop; it
/// must outlive the operations that use it.
class registered_buffers {
 public:
  registered_buffers(loop& l, std::span<const std::span<std::byte>> buffers);
  ~registered_buffers();
  registered_buffers(const registered_buffers&) = delete;
  registered_buffers& operator=(const registered_buffers&) = delete;

  registered_span operator[](std::size_t i) const noexcept {
    return {buffers_[i], registered_ ? &loop_ : nullptr, static_cast<std::uint16_t>(i)};
  }
  /// False: the backend has no such thing, or the memory limit is too low; all still works.
  bool registered() const noexcept { return registered_; }

 private:
  loop& loop_;
  std::span<const std::span<std::byte>> buffers_;
  bool registered_ = false;
};

}  // namespace sluice::inline v0

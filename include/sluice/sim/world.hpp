// A whole machine in one thread, and everything that happens in it follows from a seed: for testing
// programs that use loops, files and streams, with faults, crashes and all orders of events.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sluice/crew.hpp"
#include "sluice/fs/dir.hpp"
#include "sluice/io/stream.hpp"
#include "sluice/loop.hpp"
#include "sluice/sim/random.hpp"

namespace sluice::inline v0::sim {

class engine;

/// How often something goes wrong, of a thousand operations that it can happen to.
struct fault_rates {
  unsigned short_transfer = 0;  // reads and writes of less than could be
  unsigned again = 0;           // EINTR and EAGAIN: as on this machine they are tried again, later
  unsigned no_space = 0;        // errc::no_space, of what takes room
  unsigned io = 0;              // errc::io, of anything; a close that reports it has closed
  unsigned too_many_files = 0;  // errc::too_many_files, of open, make_pipe, listen, connect and accept
  unsigned stream_end = 0;      // a pipe loses one of its ends
  unsigned connection_reset = 0;  // errc::connection_reset, and what is on its way is lost
  unsigned refused = 0;         // errc::connection_refused, of a connect
  unsigned items_end = 0;       // a stream of items ends for no reason, and has to be begun again
};

struct world_options {
  std::uint64_t seed = 1;
  fault_rates faults;
  unsigned at_once = 300;             // of a thousand operations, finish inside their submission
  unsigned small_windows = 500;       // of a thousand pipes and directions of connections, hold 1 to
                                      // 5000 bytes; the others 64 KiB
  time_point_ns longest_delay = 200'000;  // between the steps of an operation; most are shorter
  unsigned queue = 32;                // operations of one loop that are begun; the others wait
  std::uint64_t most_steps = 100'000'000;  // more, and the world has come to a dead end
  /// Hears of what must not be: a buffer touched while it was lent, an operation that died in flight.
  /// Null: the program ends, with the message.
  std::function<void(const std::string&)> complain;
};

/// Nothing can happen any more, and what was waited for has not.
class dead_end : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A machine: a clock that stands still while something runs, a disk, pipes, a network of its own, and
/// loops that take turns on the thread that drives one of them or calls `run`. No thread is started, no
/// clock is read, nothing is drawn but from the seed: the same program in the same world does the same.
///
/// Programs use the ordinary handles: on a loop of this world, system().current_dir() is the root of
/// its disk, system().make_pipe() and system().sleep() are its own. Its operations begin in the order
/// of submission. Each is then carried out at one moment, and completes at a later one, both drawn;
/// it may be cancelled in between, and then has either happened or not. In the meantime its buffers
/// and paths belong to the machine: a read's may not be touched, a write's may not change.
///
/// The disk: what was written is lost in a crash unless it was synced. See `crash`.
///
/// All of a world is for one thread. It must outlive its handles and the loops made of its options.
class world {
 public:
  /// Throws std::bad_alloc, and std::system_error when there are 64 worlds already.
  explicit world(const world_options& options = {});
  ~world();

  std::uint64_t seed() const noexcept;
  /// Options for loops of this world, and for crews whose workers are loops of it.
  loop_options loops() const noexcept;
  crew_options crew(unsigned workers) const noexcept;
  /// Another loop, which ends with the world. Throws std::bad_alloc.
  loop& make_loop();

  /// The root of its disk; a handle that may also be used without a loop: then operations are carried
  /// out at once, without faults.
  [[nodiscard]] dir root();

  /// Runs a task on the first loop, and all others with it, until it has ended; gives its result or
  /// rethrows what it threw. Throws dead_end, and then the task is left where it is, to the end of the
  /// process.
  template <class T>
  T run(task<T> work) {
    auto held = std::make_unique<running<T>>(std::move(work));
    held->begin(first_loop());
    drive(held->done, held);
    return held->work.take();
  }
  /// Begins a task on a loop of this world.
  void start(loop& on, task<void> work);
  /// Runs until all tasks that `start` began have ended; rethrows what the first of them threw.
  /// Throws dead_end.
  void run_all();
  /// Lets one thing happen: a turn of a loop or, where none has anything to do, the passing of time
  /// until the next event. False: there is none.
  bool step();

  /// Of its clock; it begins at one second.
  time_point_ns now() const noexcept;
  /// The wall clock's date: what files get as their times.
  timestamp date() const noexcept;

  void set_faults(const fault_rates& rates) noexcept;

  /// The machine fails, now or after so many operations more have been carried out. What is in flight
  /// fails with errc::io, as does everything that follows, but closing; sleeps and loops go on. What
  /// the disk keeps:
  ///
  /// - A file's content, size, mode, owner, times and extended attributes are as they were when a sync
  ///   of it was carried out last. Of what was written since, each piece of 512 bytes is there or not,
  ///   whichever comes; new size or old, or in between, likewise. So a write can be torn. What was not
  ///   written reads as zeros: nothing appears that was never in this file.
  /// - Names: a sync of a directory keeps the changes to the names in it, a sync of a file or directory
  ///   its own names. Every other change (a rename is one) is kept or lost, whichever comes, but none
  ///   is kept that needs one that is lost. So no name leads to nothing, and no file that was there
  ///   before a rename and after it is gone.
  void crash();
  void crash_after(std::uint64_t operations) noexcept;
  bool crashed() const noexcept;
  /// The machine starts again with what its disk kept. Handles from before are errc::bad_handle.
  void recover();

  /// A number made of all that has happened: the same for the same program in the same world.
  std::uint64_t trace() const noexcept;

  struct counts {
    std::uint64_t begun = 0, ended = 0;  // operations
    std::uint64_t carried_out = 0;
    std::uint64_t stops_asked = 0, stopped = 0;  // of cancelled ones: asked, and ended so
    std::uint64_t faults = 0;            // injected, of all kinds
    std::uint64_t turns = 0;             // of loops
    std::uint64_t open_handles = 0;      // at present
  };
  counts count() const noexcept;

 private:
  struct held_base {
    virtual ~held_base() = default;
    bool done = false;
  };
  template <class T>
  struct running : held_base {
    explicit running(task<T> w) noexcept : work(std::move(w)) {}
    void begin(loop& on) {
      promise_base& p = work.prepare(on, nullptr, &this->done, [](promise_base& ended) noexcept {
        *static_cast<bool*>(ended.owner) = true;
      });
      on.schedule(p);
    }
    task<T> work;
  };

  loop& first_loop();
  /// Runs until `done`; on a dead end keeps what is held for good, and throws.
  template <class Held>
  void drive(const bool& done, std::unique_ptr<Held>& held) {
    if (!run_until(done)) give_up(std::move(held));
  }
  bool run_until(const bool& done);
  [[noreturn]] void give_up(std::unique_ptr<held_base> left);

  std::unique_ptr<engine> engine_;
  std::vector<std::unique_ptr<running<void>>> started_;
};

/// The seed that SLUICE_SIM_SEED names, in decimal or, after 0x, hexadecimal digits.
std::optional<std::uint64_t> wanted_seed();

}  // namespace sluice::inline v0::sim

// Ending a copy early.
#pragma once

#include <atomic>
#include <thread>

namespace sluice::inline v0 {

namespace copying {
class unfinished_file;
}

/// Asks a copy to end, from any thread. One for each copy; must outlive it.
class copy_stopper {
 public:
  /// Nothing more is begun and no further piece of a file is copied; files that were made and are
  /// not full are removed, and the copy returns. An operation that blocks is not interrupted.
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

  /// For when there is no time for the copy to end: removes the files that it has made and not
  /// filled yet, from any thread. The copy may go on for a while, but this must not be used for
  /// anything but ending the process. Where the files are the system's, a signal handler may call it;
  /// false: the signal came while its thread noted such a file, and nothing was removed: call again
  /// when that thread has gone on.
  bool remove_unfinished() noexcept;

 private:
  friend class copying::unfinished_file;
  std::atomic<bool> requested_ = false;
  void enter() noexcept;
  void leave() noexcept { holder_.store({}, std::memory_order_release); }

  std::atomic<std::thread::id> holder_{};  // a lock that knows whose it is
  copying::unfinished_file* first_ = nullptr;
};

}  // namespace sluice::inline v0

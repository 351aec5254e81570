// Ending a copy early.
#pragma once

#include <atomic>
#include <mutex>

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
  /// filled yet, from the calling thread, which runs no loop. The copy may go on for a while, but
  /// it must not be used for anything but ending the process.
  void remove_unfinished() noexcept;

 private:
  friend class copying::unfinished_file;
  std::atomic<bool> requested_ = false;
  std::mutex mutex_;
  copying::unfinished_file* first_ = nullptr;
};

}  // namespace sluice::inline v0

// Ending a copy early.
#pragma once

#include <atomic>
#include <string_view>
#include <thread>

#include "sluice/core/config.hpp"

namespace sluice::inline v0 {

namespace copying {
class unfinished_file;
}

/// Hears what is left of a copy that had no time to end. It is called where `remove_unfinished` is,
/// perhaps by a signal handler; the paths are valid during the call.
class copy_remains {
 public:
  /// It stood there before the copy of `source` wrote over it; or it could not be removed, and then
  /// `target` may be its last name only, and `source` is empty.
  virtual void incomplete(std::string_view source, std::string_view target) noexcept = 0;
  /// What stood there is now called `backup`, and could not get its name back.
  virtual void moved_away(std::string_view target, std::string_view backup) noexcept = 0;

 protected:
  ~copy_remains() = default;
};

/// Asks a copy to end, from any thread. One for each copy; must outlive it.
class copy_stopper {
 public:
  /// Nothing more is begun and no further piece of a file is copied; files that were made and are
  /// not full are removed, and the copy returns. An operation that blocks is not interrupted.
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

  /// For when there is no time for the copy to end: removes the files that it has made and not
  /// filled yet, gives what was moved out of their way its name back, and tells `heard`, if that is
  /// not null, of what stays. From any thread. The copy may go on for a while, but this must not be
  /// used for anything but ending the process. Where the files are the system's, a signal handler may
  /// call it; false: the signal came while its thread noted such a file, and nothing was removed: call
  /// again when that thread has gone on.
  bool remove_unfinished(copy_remains* heard = nullptr) noexcept;

 private:
  friend class copying::unfinished_file;
  /// Of the files that some of the threads have begun: each thread notes its own in one list.
  struct alignas(cache_line) begun_files {
    void enter() noexcept;
    void leave() noexcept { holder.store({}, std::memory_order_release); }
    std::atomic<std::thread::id> holder{};  // a lock that knows whose it is
    copying::unfinished_file* first = nullptr;
  };
  begun_files& of_this_thread() noexcept;

  std::atomic<bool> requested_ = false;  // looked at by all, all the time
  begun_files begun_[8];
};

}  // namespace sluice::inline v0

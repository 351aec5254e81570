#pragma once

#include <atomic>
#include <thread>

#include "sluice/fs/copy_stopper.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

/// While it lives, the signals that end a command end a copy first, so that no half file is left.
/// Those that were ignored stay so. A second one ends the process at once. Made before any thread
/// is started: it blocks the signals.
class interruption {
 public:
  explicit interruption(copy_stopper& stop);
  /// Ends the process by the signal that came, if one did.
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  /// Somebody is being asked, and nothing is under way: a signal need not wait for the copy.
  void asking(bool yes) noexcept { asking_.store(yes); }

 private:
  void watch() noexcept;
  int wait(int milliseconds) noexcept;

  copy_stopper& stop_;
  signal_stream signals_;
  int over_ = -1;  // an event descriptor: the copy has ended
  std::atomic<int> came_ = 0;
  std::atomic<bool> asking_ = false;
  std::thread watcher_;
};

}  // namespace sluice::tool

#pragma once

#include <signal.h>

#include <atomic>

#include "sluice/fs/copy_stopper.hpp"

namespace sluice::tool {

/// While it lives, the signals that end a command end a copy first, so that no half file is left.
/// Those that were ignored stay so. A second one ends the process at once. There is one at a time.
/// All of it happens in signal handlers: a thread to wait for them would cost a small copy a tenth of
/// its time.
class interruption final : copy_remains {
 public:
  explicit interruption(copy_stopper& stop) noexcept;
  /// Ends the process by the signal that came, if one did.
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  /// Somebody is being asked, and nothing is under way: a signal need not wait for the copy.
  void asking(bool yes) noexcept { asking_.store(yes); }

 private:
  static void on_signal(int number) noexcept;
  void heard(int number) noexcept;
  void give_up() noexcept;
  void incomplete(std::string_view target) noexcept override;
  void moved_away(std::string_view target, std::string_view backup) noexcept override;

  copy_stopper& stop_;
  sigset_t taken_{};
  std::atomic<int> came_ = 0;
  std::atomic<bool> asking_ = false;
  static std::atomic<interruption*> current_;
};

}  // namespace sluice::tool

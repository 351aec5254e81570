#pragma once

#include <signal.h>

#include <atomic>

#include "sluice/fs/copy_stopper.hpp"

namespace sluice::tool {

/// Tells more than standard error hears of a copy that is given up. Called in signal handlers.
class last_words : public copy_remains {
 public:
  /// False: somebody speaks at this moment. After a true one nobody else does.
  virtual bool take_the_floor() noexcept = 0;
  /// After all else; the process ends.
  virtual void ended() noexcept = 0;

 protected:
  ~last_words() = default;
};

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
  /// Until it is told null.
  void tell_also(last_words* who) noexcept { also_.store(who); }

 private:
  static void on_signal(int number) noexcept;
  void heard(int number) noexcept;
  void give_up() noexcept;
  void incomplete(std::string_view source, std::string_view target) noexcept override;
  void moved_away(std::string_view target, std::string_view backup) noexcept override;

  copy_stopper& stop_;
  sigset_t taken_{};
  std::atomic<int> came_ = 0;
  std::atomic<bool> asking_ = false;
  std::atomic<last_words*> also_ = nullptr;
  last_words* heard_by_ = nullptr;  // once it has the floor
  int waited_ = 0;                  // milliseconds for that
  static std::atomic<interruption*> current_;
};

}  // namespace sluice::tool

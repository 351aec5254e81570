#pragma once

#include <signal.h>

namespace sluice::inline v0 {

/// Threads that are started while this lives take no signals: those belong to the program's own.
class signals_off {
 public:
  signals_off() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_off() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_off(const signals_off&) = delete;
  signals_off& operator=(const signals_off&) = delete;

 private:
  sigset_t before_;
};

}  // namespace sluice::inline v0

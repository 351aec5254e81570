#pragma once

#include "sluice/core/config.hpp"

namespace sluice::inline v0 {

/// While it lives, this driver is the one that resumes coroutines on this thread.
class current_driver_scope {
 public:
  explicit current_driver_scope(driver& d) noexcept : before_(port::current_driver()) {
    port::set_current_driver(&d);
  }
  ~current_driver_scope() { port::set_current_driver(before_); }
  current_driver_scope(const current_driver_scope&) = delete;
  current_driver_scope& operator=(const current_driver_scope&) = delete;

 private:
  driver* before_;
};

}  // namespace sluice::inline v0

#pragma once

#include "sluice/core/driver.hpp"

namespace sluice::inline v0 {

/// While it lives, this driver is the one that resumes coroutines on this thread.
class current_driver_scope {
 public:
  explicit current_driver_scope(driver& d) noexcept : driver_(&d), around_(innermost) {
    innermost = this;
    port::set_current_driver(&d);
  }
  ~current_driver_scope() {
    innermost = around_;
    port::set_current_driver(around_ != nullptr ? around_->driver_ : nullptr);
  }
  current_driver_scope(const current_driver_scope&) = delete;
  current_driver_scope& operator=(const current_driver_scope&) = delete;

  /// True for the one that resumes coroutines here and for those that wait for it to return.
  static bool on_this_thread(const driver& d) noexcept {
    for (const current_driver_scope* s = innermost; s != nullptr; s = s->around_) {
      if (s->driver_ == &d) return true;
    }
    return false;
  }

 private:
  static inline thread_local current_driver_scope* innermost = nullptr;
  driver* driver_;
  current_driver_scope* around_;
};

/// Nothing of `d` goes on before `waits` is done, which carries out blocking operations on this
/// thread.
inline bool stands_still_for(const driver& waits, const driver& d) noexcept {
  return waits.carrier() == nullptr && &d != &waits && current_driver_scope::on_this_thread(d);
}

}  // namespace sluice::inline v0

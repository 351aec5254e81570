#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <span>

#include "backend/native_backend.hpp"
#include "backend/unique_fd.hpp"

namespace sluice::inline v0 {

/// Without io_uring: blocking calls on threads, waiting for peers by epoll.
class pool_backend final : public native_backend {
 public:
  pool_backend(loop& owner, const loop_options& options, std::string why);
  /// Makes a better backend in place of this one; null, and why not, where there is none.
  using successor = std::unique_ptr<native_backend> (*)(native_backend& before, unsigned entries,
                                                        std::string& why_not);
  /// To be outgrown when an operation has to wait: until then there are only plain calls.
  pool_backend(loop& owner, const loop_options& options, successor next);

  void turn(time_point_ns until) noexcept override;
  void wake() noexcept override;
  int native_handle() noexcept override;
  std::string report() const override;

 private:
  native_backend& outgrow() noexcept override;
  /// What a ring would take goes to the pool only when there is none.
  bool in_pool(const native_row& row) const noexcept override {
    return !may_be_outgrown_ || row.prepare == nullptr;
  }
  void await_readiness(native_slot& s, bool fresh) noexcept override;
  void cancel_held(native_slot& s) noexcept override;
  bool can_wait() noexcept;
  int wait(std::span<epoll_event> events, time_point_ns until) noexcept;
  int wait_blindly(time_point_ns until) noexcept;
  int milliseconds_until(time_point_ns when) noexcept;
  void ready(int descriptor) noexcept;
  bool watch(int descriptor) noexcept;
  bool go(native_slot& s) noexcept;

  unique_fd poll_, event_;
  std::atomic<int> wakes_ = -1;             // the event, for other threads
  std::atomic<bool> woken_before_ = false;  // while there was none
  successor next_ = nullptr;
  unsigned ring_entries_ = 0;
  std::string why_;
  bool going_ = false;  // through a line: who moves up is looked at there
};

}  // namespace sluice::inline v0

#pragma once

#include "backend/native_backend.hpp"
#include "backend/unique_fd.hpp"

namespace sluice::inline v0 {

/// Without io_uring: blocking calls on threads, waiting for peers by epoll.
class pool_backend final : public native_backend {
 public:
  pool_backend(loop& owner, const loop_options& options, std::string why);

  void turn(time_point_ns until) noexcept override;
  void wake() noexcept override;
  int native_handle() noexcept override { return poll_.get(); }
  std::string report() const override;

 private:
  void await_readiness(native_slot& s) noexcept override;
  void cancel_held(native_slot& s) noexcept override;
  void ready(int descriptor) noexcept;
  bool watch(int descriptor) noexcept;

  unique_fd poll_, event_;
  std::string why_;
  job_queue waiting_;  // for readiness, in the order submitted
};

}  // namespace sluice::inline v0

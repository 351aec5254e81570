#pragma once

#include <poll.h>

#include <atomic>
#include <vector>

#include "backend/native_backend.hpp"
#include "backend/unique_fd.hpp"

namespace sluice::inline v0 {

/// What every system has: blocking calls on threads, and poll for what waits for a peer, all of it
/// named each time.
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
  std::string report() const override;

 private:
  native_backend& outgrow() noexcept override;
  /// What a ring would take goes to the pool only when there is none.
  bool in_pool(const native_row& row) const noexcept override {
    return !may_be_outgrown_ || row.prepare == nullptr;
  }
  void await_readiness(native_slot& s, bool fresh) noexcept override;
  void cancel_held(native_slot& s) noexcept override;
  bool can_be_woken() noexcept;
  static short awaited(const stream_line& line) noexcept;
  bool gather() noexcept;
  void take(const pollfd& told) noexcept;
  int wait(time_point_ns until) noexcept;
  bool go(native_slot& s) noexcept;

  unique_fd event_;
  std::atomic<int> wakes_ = -1;             // the event, for other threads
  std::atomic<bool> woken_before_ = false;  // while there was none
  successor next_ = nullptr;
  unsigned ring_entries_ = 0;
  std::string why_;
  std::vector<pollfd> asked_;  // the event first
};

}  // namespace sluice::inline v0

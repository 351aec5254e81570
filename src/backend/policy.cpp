#include "backend/policy.hpp"

namespace sluice::inline v0 {

namespace {

time_point_ns smooth(time_point_ns old, time_point_ns sample) noexcept {
  return old == 0 ? sample : old + (sample - old) / 8;
}

}  // namespace

void lane::flip() noexcept {
  overlapped_ = !overlapped_;
  ++flips_;
  until_sample_ = sample_gap_ = first_sample;
  since_slow_ = slow_memory;
  window_count_ = 0;
  busy_ = 0;
}

/// A plain call while the other way is in use.
void lane::sampled(time_point_ns took) noexcept {
  // What was slow once has to be forgotten soon; a slow sample may be nothing but a preemption.
  call_cost_ = took < call_cost_ ? (call_cost_ + took) / 2 : smooth(call_cost_, took);
  // The margin keeps two equal ways from taking turns.
  const bool better = overlapped_cost_ != 0 && call_cost_ < overlapped_cost_ * 4 / 5;
  if (!better) return;
  if (trial_) next_trial_ = next_trial_ < 1u << 20 ? next_trial_ * 2 : next_trial_;
  trial_ = false;
  flip();
}

void lane::called(time_point_ns took) noexcept {
  if (overlapped_) return sampled(took);
  ++plain_since_trial_;
  if (took > slow_call) {
    // On a busy machine every call is slow once in a while, when another process gets its turn
    // meanwhile. What waits for a device is slow again soon.
    const bool again = since_slow_ < slow_memory;
    since_slow_ = 0;
    if (!again) return;
    trial_ = false;
    call_cost_ = took;
    flip();
  } else {
    if (since_slow_ < slow_memory) ++since_slow_;
    call_cost_ = smooth(call_cost_, took);
    if (call_cost_ <= suspicious_call || plain_since_trial_ <= next_trial_) return;
    trial_ = true;
    flip();
  }
  plain_since_trial_ = 0;
  overlapped_cost_ = 0;
}

void lane::measure(time_point_ns now) noexcept {
  pause(now);
  overlapped_cost_ = smooth(overlapped_cost_, busy_ / window_count_);
  window_count_ = 0;
  busy_ = 0;
  if (!overlapped_ || !trial_) return;
  if (overlapped_cost_ > call_cost_ * 4 / 5) {
    next_trial_ = next_trial_ < 1u << 20 ? next_trial_ * 2 : next_trial_;
    flip();
  }
  trial_ = false;
}

}  // namespace sluice::inline v0

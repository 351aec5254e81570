#include "backend/policy.hpp"

namespace sluice::inline v0 {

namespace {

time_point_ns smooth(time_point_ns old, time_point_ns sample) noexcept {
  return old == 0 ? sample : old + (sample - old) / 4;
}

}  // namespace

void lane::flip() noexcept {
  overlapped_ = !overlapped_;
  ++flips_;
  until_sample_ = sample_every;
  window_count_ = 0;
  busy_ = 0;
}

void lane::called(time_point_ns took) noexcept {
  call_cost_ = smooth(call_cost_, took);
  if (overlapped_) {
    // A sample. The margin keeps two equal ways from taking turns.
    const bool better = overlapped_cost_ != 0 && call_cost_ < overlapped_cost_ * 4 / 5;
    if (better) {
      if (trial_) next_trial_ = next_trial_ < 1u << 20 ? next_trial_ * 2 : next_trial_;
      trial_ = false;
      flip();
    }
    return;
  }
  ++plain_since_trial_;
  if (took > slow_call) {
    trial_ = false;
    call_cost_ = took;
    flip();
  } else if (call_cost_ > suspicious_call && plain_since_trial_ > next_trial_) {
    trial_ = true;
    flip();
  }
  if (overlapped_) {
    plain_since_trial_ = 0;
    overlapped_cost_ = 0;
  }
}

void lane::measure(time_point_ns now) noexcept {
  busy_ += now - window_start_;
  window_start_ = now;
  if (window_count_ < window) return;
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

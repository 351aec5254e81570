#include "backend/policy.hpp"

#include <sys/mman.h>

#include <new>
#include <type_traits>

namespace sluice::inline v0 {

namespace {

time_point_ns smooth(time_point_ns old, time_point_ns sample) noexcept {
  return old == 0 ? sample : old + (sample - old) / 8;
}

}  // namespace

policy::pointer policy::make() {
  static_assert(std::is_trivially_default_constructible_v<policy>, "zeros are a policy");
  void* zeros = ::mmap(nullptr, sizeof(policy), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (zeros == MAP_FAILED) throw std::bad_alloc();
  return pointer(static_cast<policy*>(zeros));
}

void policy::give_back::operator()(policy* p) const noexcept { ::munmap(p, sizeof(policy)); }

void lane::flip() noexcept {
  overlapped_ = !overlapped_;
  ++flips_;
  until_sample_ = sample_gap_ = first_sample;
  slow_left_ = 0;
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
  if (trial_) try_less();
  trial_ = false;
  flip();
}

void lane::called(time_point_ns took) noexcept {
  if (overlapped_) return sampled(took);
  ++plain_since_trial_;
  if (took > slow_call) {
    // On a busy machine every call is slow once in a while, when another process gets its turn
    // meanwhile. What waits for a device is slow again soon.
    const bool again = slow_left_ > 0;
    slow_left_ = slow_memory;
    if (!again) return;
    trial_ = false;
    call_cost_ = took;
    flip();
  } else {
    if (slow_left_ > 0) --slow_left_;
    call_cost_ = smooth(call_cost_, took);
    if (call_cost_ <= suspicious_call || plain_since_trial_ <= first_trial << in_vain_) return;
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
    try_less();
    flip();
  }
  trial_ = false;
}

}  // namespace sluice::inline v0

#include "backend/policy.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <type_traits>

namespace sluice::inline v0 {

namespace {

std::uint32_t shortened(time_point_ns t) noexcept {
  return static_cast<std::uint32_t>(std::clamp<time_point_ns>(t, 0, UINT32_MAX));
}

std::uint32_t smooth(std::uint32_t old, std::uint32_t sample) noexcept {
  if (old == 0) return sample;
  return sample > old ? old + (sample - old) / 8 : old - (old - sample) / 8;
}

}  // namespace

policy::pointer policy::make() {
  static_assert(std::is_trivially_default_constructible_v<policy>, "zeros are a policy");
  void* zeros = ::mmap(nullptr, sizeof(policy), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (zeros == MAP_FAILED) throw std::bad_alloc();
  // The first lanes are about to be used. Written before it is read, a page takes one fault, not two.
  *static_cast<volatile char*>(zeros) = 0;
  return pointer(static_cast<policy*>(zeros));
}

void policy::give_back::operator()(policy* p) const noexcept { ::munmap(p, sizeof(policy)); }

void lane::flip() noexcept {
  overlapped_ = !overlapped_;
  ++flips_;
  until_sample_ = sample_gap_ = first_sample;
  slow_level_ = 0;
  slow_samples_ = good_samples_ = 0;
  window_count_ = 0;
  busy_ = 0;
  trial_ = right_ = false;
}

void lane::pause(time_point_ns now) noexcept {
  busy_ = shortened(busy_ + (now - window_start_));
  window_start_ = now;
}

void lane::in_vain() noexcept {
  if (in_vain_ < most_in_vain) ++in_vain_;
}

/// A plain call while the other way is in use.
void lane::sampled(short_ns took) noexcept {
  // Three slow ones, nearly one after another, are no accident; unless the other way is as slow.
  constexpr int rise = 4;
  const bool slow = took > slow_call && took / 5 * 4 > overlapped_cost_;
  const int level = slow_samples_ + (slow ? rise : -1);
  slow_samples_ = static_cast<std::uint8_t>(std::clamp(level, 0, 100));
  if (slow_samples_ > 2 * rise + 2) right_ = true;
  // What was slow once has to be forgotten soon; a slow sample may be nothing but a preemption.
  call_cost_ = took < call_cost_ ? call_cost_ / 2 + took / 2 : smooth(call_cost_, took);
  // The margin keeps two equal ways from taking turns. A quick call is the better way whatever the loop
  // has to do for the other: that may be little while the kernel's threads find a core of their own.
  const bool better = overlapped_cost_ != 0 &&
                      (call_cost_ < quick_call || call_cost_ < overlapped_cost_ / 5 * 4);
  good_samples_ = better ? static_cast<std::uint8_t>(good_samples_ + 1) : 0;
  if (good_samples_ < 1u << hasty_) return;
  if (right_) {
    in_vain_ /= 2;
  } else {
    in_vain();
  }
  flip();
}

/// On a busy machine every call is slow once in a while, when another process gets its turn meanwhile;
/// what waits for a device is slow again soon. Two are enough, until that has misled us: then it takes
/// more of them, or slower ones.
bool lane::slow_enough() const noexcept {
  return slow_level_ > slow_memory * ((2u << in_vain_) - 1);
}

void lane::called(time_point_ns time, std::uint32_t stands_for,
                  time_point_ns suspicious) noexcept {
  const short_ns took = shortened(time);
  if (overlapped_) return sampled(took);
  plain_since_trial_ += stands_for;
  if (plain_since_trial_ >= soon) hasty_ = 0;
  // A slow one says nothing where the other way took as long the last time: that is tried again, but
  // as rarely as it was in vain.
  const bool trial = took <= slow_call || took / 5 * 4 <= overlapped_cost_;
  if (!trial) {
    const auto times = static_cast<std::uint32_t>(took / slow_call);
    const std::uint32_t weight = std::min({times, 1u << in_vain_, 16u});
    slow_level_ = static_cast<std::uint16_t>(slow_level_ + slow_memory * weight);
    if (!slow_enough()) return;
    call_cost_ = took;
  } else {
    if (slow_level_ > 0) --slow_level_;
    call_cost_ = smooth(call_cost_, took);
    if (call_cost_ <= suspicious || plain_since_trial_ >> 2 * in_vain_ <= first_trial) return;
  }
  if (flips_ > 0 && plain_since_trial_ < soon && hasty_ < most_hasty && !trial) ++hasty_;
  flip();
  trial_ = trial;
  plain_since_trial_ = 0;
  overlapped_cost_ = 0;
}

void lane::completed_for(time_point_ns share) noexcept {
  busy_ = shortened(busy_ + share);
  if (++window_count_ >= window) measure();
}

void lane::measure() noexcept {
  overlapped_cost_ = smooth(overlapped_cost_, busy_ / window_count_);
  window_count_ = 0;
  busy_ = 0;
  if (!overlapped_ || !trial_) return;
  trial_ = false;
  if (overlapped_cost_ <= call_cost_ / 5 * 4) return;
  in_vain();
  flip();
}

}  // namespace sluice::inline v0

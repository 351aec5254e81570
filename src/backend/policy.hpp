// Which way a kind of operation takes on a file system: measured, not guessed.
#pragma once

#include <cstdint>
#include <memory>

#include "backend/native_row.hpp"
#include "space/system/system_id.hpp"
#include "sluice/core/timer_heap.hpp"

namespace sluice::inline v0 {

/// One kind of operation on one file system. Two ways compete: a plain call, which costs its
/// latency, and the overlapped way (ring or pool), which costs the time per completion at whatever
/// concurrency there is. Both are kept as "nanoseconds of the loop per operation" and compared.
class lane {
 public:
  static constexpr time_point_ns slow_call = 200'000;       // two of them flip to overlapped
  static constexpr std::uint32_t slow_memory = 64;          // with fewer calls than this between
  static constexpr time_point_ns suspicious_call = 30'000;  // worth trying the other way
  static constexpr std::uint32_t sample_every = 128;        // overlapped: one plain call in so many
  static constexpr std::uint32_t first_sample = 8;          // more often when it has just begun
  static constexpr std::uint32_t window = 32;               // completions that make a measurement
  static constexpr time_point_ns quick_call = 5'000;        // of those only one in so many is timed,
  static constexpr std::uint8_t timed_every = 4;            // until one of these is slow

  /// True: take the plain call now.
  bool plain() noexcept {
    if (!overlapped_) return true;
    if (--until_sample_ != 0) return false;
    if (sample_gap_ < sample_every) sample_gap_ *= 2;
    until_sample_ = sample_gap_;
    return true;
  }
  bool overlapped() const noexcept { return overlapped_; }
  /// Whether the plain call that follows is to be timed. Two looks at the clock are a fortieth of
  /// the time of a quick one.
  bool timed() noexcept {
    if (overlapped_ || slow_left_ > 0 || call_cost_ == 0 || call_cost_ > quick_call) return true;
    return ++untimed_ % timed_every == 0;
  }
  std::uint32_t flips() const noexcept { return flips_; }

  /// A plain call took so long.
  void called(time_point_ns took) noexcept;
  /// One more is under way on the overlapped way.
  void begun(time_point_ns now) noexcept {
    if (in_flight_++ == 0) window_start_ = now;
  }
  /// One has completed, in this turn of the loop. What completes in one turn is counted together:
  /// it has been waited for together. The clock is read only when there is something to measure.
  template <class Clock>
  void completed(Clock clock, std::uint64_t turn) noexcept {
    if (turn != turn_) {
      turn_ = turn;
      if (window_count_ >= window) measure(clock());
    }
    ++window_count_;
    if (--in_flight_ == 0) pause(clock());
  }

 private:
  void sampled(time_point_ns took) noexcept;
  void measure(time_point_ns now) noexcept;
  void pause(time_point_ns now) noexcept {
    busy_ += now - window_start_;
    window_start_ = now;
  }
  void flip() noexcept;

  void try_less() noexcept {
    if (in_vain_ < 14) ++in_vain_;
  }

  static constexpr std::uint32_t first_trial = 64;  // plain calls before it; doubles with each in vain

  // All begin as zero, which costs nothing for those that are never used: see policy.
  bool overlapped_;
  bool trial_;                    // overlapped only to see whether it is better
  std::uint8_t in_vain_;          // trials
  std::uint8_t untimed_;          // plain calls
  std::uint32_t until_sample_;
  std::uint32_t sample_gap_;
  std::uint32_t slow_left_;       // plain calls until the last slow one is forgotten
  std::uint32_t in_flight_;
  std::uint32_t window_count_;
  std::uint64_t turn_;
  std::uint32_t flips_;
  std::uint32_t plain_since_trial_;
  time_point_ns window_start_;
  time_point_ns busy_;
  time_point_ns call_cost_;       // of a plain call, smoothed
  time_point_ns overlapped_cost_; // per completion, smoothed
};

class policy {
 public:
  /// Fifty kilobytes, of which a program touches a few lanes: fresh pages of the system, as they are.
  struct give_back {
    void operator()(policy* p) const noexcept;
  };
  using pointer = std::unique_ptr<policy, give_back>;
  /// Throws std::bad_alloc.
  static pointer make();

  lane& of(op_kind kind, handle_id id) noexcept {
    return lanes_[system_id::fs_key(id)][static_cast<std::size_t>(kind)];
  }

 private:
  lane lanes_[system_id::fs_keys][op_kinds];  // one file system's lie together
};

}  // namespace sluice::inline v0

// Which way a kind of operation takes on a file system: measured, not guessed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "backend/native_row.hpp"
#include "space/system/system_id.hpp"
#include "sluice/core/timer_heap.hpp"

namespace sluice::inline v0 {

/// One kind of operation on one file system. Two ways compete: a plain call, which costs its
/// latency, and the overlapped way (ring or pool), which costs the time per completion at whatever
/// concurrency there is. Both are kept as "nanoseconds of the loop per operation" and compared.
/// Whoever left plain calls and came back for nothing needs more of a reason the next time.
class lane {
 public:
  static constexpr time_point_ns slow_call = 200'000;       // two of them flip to overlapped
  static constexpr std::uint16_t slow_memory = 64;          // with fewer calls than this between
  static constexpr time_point_ns suspicious_call = 30'000;  // worth trying the other way
  static constexpr std::uint8_t sample_every = 128;        // overlapped: one plain call in so many
  static constexpr std::uint8_t sample_if_dear = 255;      // where looking at the clock is dear
  static constexpr std::uint8_t first_sample = 8;          // more often when it has just begun
  static constexpr std::uint32_t window = 32;               // completions that make a measurement
  static constexpr time_point_ns quick_call = 5'000;        // of those only one in so many is timed,
  static constexpr std::uint8_t timed_every = 8;            // until one of these is slow
  static constexpr std::uint8_t timed_if_dear = 32;         // of all, where looking at the clock is dear

  /// True: take the plain call now.
  bool plain(bool dear_clock = false) noexcept {
    if (!overlapped_) return true;
    if (--until_sample_ != 0) return false;
    const int most = dear_clock ? sample_if_dear : sample_every;
    until_sample_ = sample_gap_ = static_cast<std::uint8_t>(std::min(2 * sample_gap_, most));
    return true;
  }
  bool overlapped() const noexcept { return overlapped_; }
  /// Whether the plain call that follows is to be timed. Two looks at the clock are a fortieth of
  /// the time of a quick one; where the clock is a system call that is dear, they may cost more than
  /// what they measure.
  bool timed(bool dear_clock) noexcept {
    if (overlapped_ || call_cost_ == 0) return true;
    if (!dear_clock && (slow_level_ > 0 || call_cost_ > quick_call)) return true;
    return ++untimed_ % (dear_clock ? timed_if_dear : timed_every) == 0;
  }
  /// True: take a plain call now that is not timed. The common case, in short: what is left to plain()
  /// and timed() comes to the same.
  bool take_untimed() noexcept {
    const bool quick = !overlapped_ && call_cost_ - 1 < quick_call && slow_level_ == 0;
    if (!quick || (untimed_ + 1) % timed_every == 0) return false;
    ++untimed_;
    return true;
  }
  /// A call that took so long needs no explanation.
  bool usual(time_point_ns took) const noexcept {
    return took <= suspicious_call || (took <= slow_call && took < 2 * time_point_ns{call_cost_});
  }
  /// Whether what the thread has waited for is to be looked at before the plain call that follows: the
  /// last one was unusual.
  bool doubtful() const noexcept { return doubtful_; }
  void doubt(bool unusual) noexcept { doubtful_ = unusual; }
  std::uint32_t flips() const noexcept { return flips_; }

  /// A plain call took so long; it stands for so many, of which only this one was timed. Above `suspicious`
  /// the other way is worth a trial.
  void called(time_point_ns took, std::uint32_t stands_for = 1,
              time_point_ns suspicious = suspicious_call) noexcept;
  /// One more is under way in the pool.
  template <class Clock>
  void begun(Clock clock) noexcept {
    if (in_flight_++ == 0) window_start_ = clock();
  }
  /// One has completed there, in this turn of the loop. What completes in one turn is counted together:
  /// it has been waited for together. The clock is read only when there is something to measure.
  template <class Clock>
  void completed(Clock clock, std::uint64_t turn) noexcept {
    const auto now_in = static_cast<std::uint32_t>(turn);
    if (now_in != turn_) {
      turn_ = now_in;
      if (window_count_ >= window) {
        pause(clock());
        measure();
      }
    }
    if (window_count_ != UINT16_MAX) ++window_count_;
    if (--in_flight_ == 0) pause(clock());
  }
  /// One has completed in the ring, and cost the loop so much.
  void completed_for(time_point_ns share) noexcept;

 private:
  /// Nanoseconds up to four seconds, which is as long as anything here needs to be told apart.
  using short_ns = std::uint32_t;

  void sampled(short_ns took) noexcept;
  void measure() noexcept;
  void pause(time_point_ns now) noexcept;
  void flip() noexcept;
  void in_vain() noexcept;
  bool slow_enough() const noexcept;

  static constexpr std::uint32_t first_trial = 64;  // plain calls before it; times four for each in vain
  static constexpr std::uint8_t most_in_vain = 8;   // then one in four million
  static constexpr std::uint32_t soon = 1024;       // plain calls after coming back
  static constexpr std::uint8_t most_hasty = 5;     // then 32 samples have to agree

  // All begin as zero, which costs nothing for those that are never used: see policy.
  bool overlapped_ : 1;
  bool trial_ : 1;                 // overlapped only to see whether it is better
  bool right_ : 1;                 // calls went on being slow since it is overlapped
  bool doubtful_ : 1;              // the last call was unusual
  std::uint8_t in_vain_;           // times that it was not
  std::uint8_t hasty_;             // times that it was soon regretted to be back at calls
  std::uint8_t slow_samples_;      // rises with each that is slow, falls with each other
  std::uint8_t good_samples_;      // calls that were the better way, one after another
  std::uint8_t untimed_;           // plain calls
  std::uint8_t until_sample_;
  std::uint8_t sample_gap_;
  std::uint16_t slow_level_;       // rises with each slow call, falls with each other
  std::uint16_t window_count_;
  std::uint32_t in_flight_;
  std::uint32_t turn_;
  std::uint32_t flips_;
  std::uint32_t plain_since_trial_;
  short_ns busy_;
  time_point_ns window_start_;
  short_ns call_cost_;             // of a plain call, smoothed
  short_ns overlapped_cost_;       // per completion, smoothed
};
// The lanes of two file systems, of which one is the unknown, share a page.
// Sockets, the last of the kinds, have none: what waits for a peer is not measured.
inline constexpr std::size_t lanes_of_a_file_system = static_cast<std::size_t>(op_kind::listen);
static_assert(2 * lanes_of_a_file_system * sizeof(lane) <= 4096);

class policy {
 public:
  /// Thirty kilobytes, of which a program touches a few lanes: fresh pages of the system, as they are.
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
  lane lanes_[system_id::fs_keys][lanes_of_a_file_system];  // one file system's lie together
};

}  // namespace sluice::inline v0

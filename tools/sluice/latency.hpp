// How long things took: a histogram that is right to 1.6 % at any scale.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sluice::tool {

/// Times in nanoseconds. 64 steps for each power of two; nothing is allocated.
class latencies {
 public:
  void add(std::uint64_t nanoseconds) noexcept {
    ++steps_[step_of(nanoseconds)];
    ++count_;
    if (nanoseconds > most_) most_ = nanoseconds;
  }
  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t most() const noexcept { return most_; }

  /// How many took no longer than this. A step that it cuts counts as longer, but that nothing is
  /// longer than the most.
  std::uint64_t up_to(std::uint64_t nanoseconds) const noexcept {
    if (nanoseconds >= most_) return count_;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < steps_.size() && last_of(i) <= nanoseconds; ++i) below += steps_[i];
    return below;
  }

  /// What `share` of them (0.99, say) did not exceed, rounded up to a step; 0 if there are none.
  std::uint64_t quantile(double share) const noexcept {
    const double wanted = share * static_cast<double>(count_);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      below += steps_[i];
      if (below > 0 && static_cast<double>(below) >= wanted) {
        return last_of(i) < most_ ? last_of(i) : most_;
      }
    }
    return most_;
  }

 private:
  static constexpr unsigned bits = 6;
  static constexpr std::uint64_t per_power = 1u << bits;

  /// Those below 128 have a step each; above, the highest seven bits choose it.
  static constexpr std::size_t step_of(std::uint64_t n) noexcept {
    const int width = std::bit_width(n | per_power);
    const auto shift = static_cast<unsigned>(width) - bits - 1;
    return static_cast<std::size_t>(shift * per_power + (n >> shift));
  }
  static constexpr std::uint64_t last_of(std::size_t step) noexcept {
    const std::uint64_t shift = step < 2 * per_power ? 0 : step / per_power - 1;
    return ((step - shift * per_power + 1) << shift) - 1;
  }

  std::array<std::uint64_t, per_power * (64 - bits + 1)> steps_{};
  std::uint64_t count_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace sluice::tool

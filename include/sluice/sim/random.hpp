#pragma once

#include <cstdint>

namespace sluice::inline v0::sim {

/// Numbers that look random and follow from the seed (splitmix64, Steele and others 2014).
class random {
 public:
  explicit random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  /// Less than `bound`, which is not 0.
  std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }
  /// From `low` to `high`, both included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
    return low + below(high - low + 1);
  }
  /// True so many times in a thousand.
  bool chance(unsigned per_thousand) noexcept { return below(1000) < per_thousand; }

 private:
  std::uint64_t state_;
};

}  // namespace sluice::inline v0::sim

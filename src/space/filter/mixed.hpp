// Numbers that look random and are the same every time: splitmix64.
#pragma once

#include <cstdint>

namespace sluice::inline v0 {

/// What the state grows by from number to number.
inline constexpr std::uint64_t mixing_step = 0x9e3779b97f4a7c15;

constexpr std::uint64_t mixed(std::uint64_t state) noexcept {
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace sluice::inline v0

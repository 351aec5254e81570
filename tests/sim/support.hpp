// What the tests in simulated worlds share.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/sim/world.hpp"
#include "sluice/sluice.hpp"

namespace sluice::sim_tests {

using bytes = std::vector<std::byte>;

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
inline std::string text_of(std::span<const std::byte> b) {
  return std::string(reinterpret_cast<const char*>(b.data()), b.size());
}

inline constexpr open_mode create = open_mode::create | open_mode::read_write;

/// What went wrong in a world, from whichever task; the first is what counts.
class findings {
 public:
  bool check(bool good, const std::string& what) {
    if (!good && first_.empty()) first_ = what;
    return good;
  }
  const std::string& first() const noexcept { return first_; }

 private:
  std::string first_;
};

/// Options drawn from the seed: calm worlds and rough ones, quick and slow.
inline sim::world_options options_for(std::uint64_t seed, findings& found) {
  sim::random rng(seed ^ 0x5eed);
  sim::world_options o;
  o.seed = seed;
  o.at_once = static_cast<unsigned>(rng.below(3) * 400);
  o.queue = static_cast<unsigned>(rng.between(1, 20));
  o.longest_delay = static_cast<time_point_ns>(rng.between(1, 500'000));
  if (rng.chance(700)) {
    o.faults.short_transfer = static_cast<unsigned>(rng.below(400));
    o.faults.again = static_cast<unsigned>(rng.below(300));
    o.faults.io = static_cast<unsigned>(rng.below(100));
    o.faults.no_space = static_cast<unsigned>(rng.below(100));
    o.faults.too_many_files = static_cast<unsigned>(rng.below(100));
  }
  o.most_steps = 3'000'000;
  o.complain = [&found](const std::string& what) { found.check(false, what); };
  return o;
}

/// How many worlds a test makes; SLUICE_SIM_WORLDS asks for more or fewer, in percent.
inline std::uint64_t worlds(std::uint64_t usual) {
  const char* percent = std::getenv("SLUICE_SIM_WORLDS");
  return percent == nullptr ? usual : usual * std::strtoull(percent, nullptr, 10) / 100;
}

/// Runs `in_world(seed, found)` for seed after seed, or for the one that SLUICE_SIM_SEED names, up to
/// the first that finds something.
template <class F>
void each_world(std::uint64_t usual, F in_world) {
  const auto wanted = sim::wanted_seed();
  const std::uint64_t count = wanted ? 1 : worlds(usual);
  for (std::uint64_t i = 1; i <= count; ++i) {
    const std::uint64_t seed = wanted ? *wanted : i;
    findings found;
    try {
      in_world(seed, found);
    } catch (const std::exception& e) {
      found.check(false, e.what());
    }
    if (found.first().empty()) continue;
    ADD_FAILURE() << found.first() << "\nthe same again: SLUICE_SIM_SEED=" << seed;
    return;
  }
}

}  // namespace sluice::sim_tests

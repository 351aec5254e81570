// A histogram for people: few rows, with bounds that are easy to read.
#pragma once

#include <cstdint>
#include <vector>

#include "latency.hpp"

namespace sluice::tool {

struct latency_row {
  std::uint64_t up_to;  // nanoseconds: 1, 2 or 5 times a power of ten
  std::uint64_t count;  // that took no longer, but longer than the row before says
};

/// From the row of the shortest time to that of the longest, also those in between that are empty.
inline std::vector<latency_row> latency_rows(const latencies& times) {
  constexpr std::uint64_t steps[] = {1, 2, 5};
  constexpr std::uint64_t last_power = 1'000'000'000'000'000'000;
  std::vector<latency_row> rows;
  std::uint64_t before = 0;
  for (std::uint64_t power = 1; before < times.count(); power *= 10) {
    for (const std::uint64_t step : steps) {
      const bool open = power == last_power && step == 5;  // what is longer belongs to no other row
      const std::uint64_t now = open ? times.count() : times.up_to(step * power);
      if (now > 0) rows.push_back({step * power, now - before});
      before = now;
      if (before == times.count()) break;
    }
  }
  return rows;
}

}  // namespace sluice::tool

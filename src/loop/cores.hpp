#pragma once

#include <sched.h>

namespace sluice::inline v0 {

/// How many cores this process may use: a container or taskset may leave it fewer than there are.
inline unsigned usable_cores() noexcept {
  static const unsigned found = [] {
    cpu_set_t set;
    // Fails on machines with more than 1024 cores; that many threads help nobody here.
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 64;
    return CPU_COUNT(&set);
  }();
  return found > 0 ? found : 1;
}

}  // namespace sluice::inline v0

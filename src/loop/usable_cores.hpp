#pragma once

#include <string>
#include <string_view>

namespace sluice::inline v0 {

/// How many cores' worth of time a line of cgroup's cpu.max allows, rounded up; 0: any number.
unsigned cores_by_quota(std::string_view cpu_max) noexcept;

}  // namespace sluice::inline v0

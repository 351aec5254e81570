#pragma once

#define SLUICE_VERSION "0.1.0"

namespace sluice::inline v0 {

inline constexpr const char* version = SLUICE_VERSION;

}  // namespace sluice::inline v0

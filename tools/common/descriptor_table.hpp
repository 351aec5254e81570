// Descriptors for those who serve many.
#pragma once

#include <cstddef>

namespace sluice::tool {

/// Raises what this process may have to what the administrator allows. Of those it has the system make its
/// table for `expected` now: later the table doubles whenever it is full, and where there are several
/// threads, whoever needs a descriptor then waits some ten milliseconds each time, just as many clients
/// come. To be called before there are threads. Without memory for it the table grows as it would.
void allow_descriptors(std::size_t expected) noexcept;

}  // namespace sluice::tool

// How many descriptors there are, for whom.
#pragma once

#include <cstddef>

#include "settings.hpp"

namespace sluice::serve {

/// Threads that block keep their connection when descriptors run out, and could not open a file for it:
/// with more of them than there are descriptors for, every answer could be 503. What they need besides is
/// open already, but for the listeners. Fewer workers where nobody said how many; throws
/// std::runtime_error where somebody did.
void fit_workers(settings& s, bool as_asked);

/// What a loop may have, so that descriptors never run out.
struct loop_limits {
  bool counted = true;          // false: they can't run out, whatever clients do
  std::size_t connections = 0;  // that are open
  std::size_t answers = 0;      // that have a file open, or more; others wait for their turn
};

/// The same for each of the workers, when all else is open. An idle client has one, so most of them are for
/// connections. Throws std::runtime_error where there are too few.
loop_limits share_descriptors(const settings& s, std::size_t of_an_answer);

}  // namespace sluice::serve

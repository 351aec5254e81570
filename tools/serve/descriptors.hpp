// How many descriptors there are, for whom.
#pragma once

#include "settings.hpp"

namespace sluice::serve {

/// As many as this process may have: a connection takes one, and its file another.
void raise_limits() noexcept;

/// Threads that block keep their connection when descriptors run out, and could not open a file for it:
/// with more of them than there are descriptors for, every answer could be 503. What they need besides is
/// open already, but for the listeners. Fewer workers where nobody said how many; throws
/// std::runtime_error where somebody did.
void fit_workers(settings& s, bool as_asked);

}  // namespace sluice::serve

#pragma once

#include "sluice/crew.hpp"
#include "sluice/space/trace.hpp"

namespace sluice::tool {

/// What --stats prints on stderr: which operations were done, which way, and how often the choice
/// of the way changed. With a filter that has watched them: the bytes that they moved, and how long
/// they took.
void print_statistics(const crew& done, const trace_space* watched = nullptr);

}  // namespace sluice::tool

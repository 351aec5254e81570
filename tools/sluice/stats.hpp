#pragma once

#include "sluice/crew.hpp"

namespace sluice::tool {

/// What --stats prints on stderr: which operations were done, which way, and how often the choice
/// of the way changed.
void print_statistics(const crew& done);

}  // namespace sluice::tool

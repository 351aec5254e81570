#pragma once

#include "body.hpp"

namespace sluice::serve {

/// Sends from buffers that are lent to the network, a few at a time: while it has some of them, the next
/// is read.
task<void> by_lending(exchange& x, std::size_t front, file_part part);

}  // namespace sluice::serve

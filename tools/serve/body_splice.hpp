#pragma once

#include "body.hpp"

namespace sluice::serve {

/// Moves pages of the file through a pipe.
task<void> by_splicing(exchange& x, std::size_t front, file_part part);

}  // namespace sluice::serve

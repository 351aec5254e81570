#pragma once

#include "body.hpp"

namespace sluice::serve {

/// Gives the exchange a pipe.
error make_pipe(exchange& x) noexcept;

/// Moves pages of the file through the exchange's pipe.
task<void> by_splicing(exchange& x, std::size_t front, file_part part);

}  // namespace sluice::serve

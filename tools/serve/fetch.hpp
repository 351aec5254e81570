#pragma once

#include "body.hpp"

namespace sluice::serve {

/// So that calls which move a file's pages to a client find them, and nobody else's answer waits for a
/// device meanwhile: completes when the next `size` bytes of the part are in memory, as far as the file
/// system tells, and at once where they are. What can't be read is left to whoever sends it.
task<void> fetch(exchange& x, const file_part& part, std::uint64_t size);

}  // namespace sluice::serve

// The places that this library brings.
#pragma once

#include "sluice/conformance/run.hpp"

namespace sluice::conformance {

const std::vector<place_maker>& own_places();

}  // namespace sluice::conformance

// The places that this library brings.
#pragma once

#include "sluice/conformance/run.hpp"

namespace sluice::conformance {

/// Places without directories: files that are made of others. They take the cases that are about
/// nothing but opening files and moving bytes.
const std::vector<place_maker>& virtual_places();

/// The places that this library brings.
const std::vector<place_maker>& own_places();

}  // namespace sluice::conformance

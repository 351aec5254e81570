#pragma once

#include <optional>

#include "settings.hpp"

namespace sluice::serve {

/// Reads the command line. Without settings the program ends with `status`, and everything was said.
std::optional<settings> read_options(int argc, char** argv, int& status);

}  // namespace sluice::serve

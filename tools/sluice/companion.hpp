// Programs that belong to this one and are started by it: they load libraries, which it does not.
#pragma once

#include <array>
#include <string>

namespace sluice::tool {

/// Where one may be, in this order: beside this program, and where CMake installs programs for programs.
std::array<std::string, 2> companion_places(const char* name);

}  // namespace sluice::tool

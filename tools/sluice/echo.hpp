// The two halves of `sluice echo`.
#pragma once

#include "echo_options.hpp"

namespace sluice::tool {

/// Both return the exit status.
int echo_serve(const echo_options& how);
int echo_load(const echo_options& how);

}  // namespace sluice::tool

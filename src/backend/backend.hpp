#pragma once

#include "sluice/backend.hpp"

namespace sluice::inline v0 {

/// Builds the backend that the options' source makes or, without one, that the options and
/// SLUICE_BACKEND ask for, or the best the machine allows. Throws what the source throws,
/// std::invalid_argument for a name that is none, std::runtime_error when a named backend can't be
/// had, and std::system_error when the machine is out of descriptors.
std::unique_ptr<backend> make_backend(loop& owner, const loop_options& options);

}  // namespace sluice::inline v0

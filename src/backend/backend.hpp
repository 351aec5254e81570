#pragma once

#include "sluice/backend.hpp"

namespace sluice::inline v0 {

/// Builds the backend that the options' source makes or, without one, that the options and
/// SLUICE_BACKEND ask for, or the best the machine allows. Throws what the source throws,
/// std::invalid_argument for a name that is none, std::runtime_error when a named backend can't be
/// had, and std::system_error when the machine is out of descriptors.
/// A loop that takes what is best sets up no ring before an operation has to wait for one.
std::unique_ptr<backend> make_backend(loop& owner, const loop_options& options);

/// Makes the backend decide now whether it has a ring.
void settle(backend& undecided) noexcept;

}  // namespace sluice::inline v0

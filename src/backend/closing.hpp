// Closing one of the system's descriptors: not before what is in flight on it has ended.
#pragma once

#include "sluice/core/operation.hpp"

namespace sluice::inline v0 {

/// Asks what is in flight on the operation's descriptor, wherever, to end, and then closes it, by the
/// backend of its driver or by a plain call. That backend, if there is one, is a native one.
void close_descriptor(operation& op) noexcept;

}  // namespace sluice::inline v0

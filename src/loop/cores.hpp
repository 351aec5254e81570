#pragma once

namespace sluice::inline v0 {

/// How many cores this process may use: a container or taskset may leave it fewer than there are.
unsigned usable_cores() noexcept;
/// The same without looking for a container's quota, which takes a few files to read.
unsigned allowed_cores() noexcept;

/// How many workers make sense on so many cores. On a single one they would only take turns.
constexpr unsigned workers_on(unsigned cores, unsigned spare) noexcept {
  return cores > 1 ? cores + spare : 1;
}

/// Ties the calling thread to one of them, counted in turn. Best effort.
void pin_to_core(unsigned nth) noexcept;

}  // namespace sluice::inline v0

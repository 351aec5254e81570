#pragma once

#include <initializer_list>

#include "sluice/core/handle.hpp"
#include "sluice/fs/ops.hpp"
#include "sluice/io/ops.hpp"

namespace sluice::inline v0 {

/// Signals as operations: no handler is installed. The signals must be blocked in all threads
/// (block_signals does it for the calling thread and those it starts later), or they take their
/// usual way.
class signal_stream : public handle {
 public:
  using handle::handle;
  [[nodiscard]] call<ops::close> close() noexcept {
    space& s = *space_;
    return call<ops::close>(s, detach(), this);
  }
  /// Completes with the next signal; can be cancelled at any time, and then takes none.
  [[nodiscard]] auto next() const noexcept { return call<ops::wait_signal>(*space_, id_); }
};

/// A child process that this process started.
class child : public handle {
 public:
  using handle::handle;
  [[nodiscard]] call<ops::close> close() noexcept {
    space& s = *space_;
    return call<ops::close>(s, detach(), this);
  }
  /// Completes when the child has ended, and reaps it: nobody else may wait for it (ECHILD, an
  /// errc::other). Can be cancelled at any time, and then reaps nothing.
  [[nodiscard]] auto exited() const noexcept { return call<ops::wait_child>(*space_, id_); }
};

}  // namespace sluice::inline v0

// The four designs: who waits for connections and serves them. The service is the same in all.
#pragma once

#include <functional>

#include "sluice/net/listener.hpp"
#include "sluice/system.hpp"
#include "worker.hpp"

namespace sluice::serve {

/// What runs until somebody sets `draining` on the board, and calls `stop_listening`.
class running {
 public:
  virtual ~running() = default;
  /// Blocks until the last connection has ended.
  virtual void join() = 0;
};

/// Loops, one on each of so many threads, by io_uring or by readiness. Throws what loops throw.
std::unique_ptr<running> start_loops(const service& s, std::span<const listener> listeners);
/// Threads that block. The first worker on the board to use is `first`.
std::unique_ptr<running> start_threads(const service& s, std::span<const listener> listeners,
                                       std::size_t first, std::size_t count);

/// How many workers a model has where nobody says how many.
unsigned default_workers(model m) noexcept;

}  // namespace sluice::serve

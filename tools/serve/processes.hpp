#pragma once

#include <functional>
#include <span>

#include "models.hpp"

namespace sluice::serve {

/// Processes, forked before any client comes, with one worker each; one that ends is replaced. Another
/// one runs `metrics`, if there is any, which returns. Returns when all have ended; no thread may have
/// been started before.
int serve_processes(const service& s, std::span<const listener> listeners,
                    const std::function<void()>& metrics);

}  // namespace sluice::serve

#pragma once

#include "settings.hpp"

namespace sluice::serve {

/// Serves until a signal says that it is enough; the exit status of the program. Throws
/// std::exception when it can't begin.
int serve_http(settings s);

}  // namespace sluice::serve

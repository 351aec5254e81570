#pragma once

#include "exchange.hpp"
#include "http/target.hpp"
#include "sluice/fs/dir.hpp"

namespace sluice::serve {

/// The names in a directory, as a page; hidden ones only where they are served.
task<void> answer_listing(exchange& x, dir& from, const http::resolved_target& target, bool hidden);

}  // namespace sluice::serve

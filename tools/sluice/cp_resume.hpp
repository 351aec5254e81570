#pragma once

#include <string>

#include "cp_options.hpp"

namespace sluice::tool {

/// A copy to this name itself, not into it, was interrupted and can go on.
bool was_interrupted_at(const std::string& destination);

/// Names the journal of a copy to `destination`, or into it, and finds out what the library wants to
/// know about this process.
void set_journal(copy_options& o, const std::string& destination, bool into);

/// What temporary names are made of.
void set_unique(copy_options& o);

}  // namespace sluice::tool

#pragma once

#include <string>
#include <vector>

namespace sluice::tool {

/// Paths as given, without what GNU's tools take away: slashes at the end but one. An empty path
/// is complained about and left out, and `all_named` becomes false.
std::vector<std::string> take_operands(const char* command, char** from, char** to,
                                       bool& all_named);

/// The argument of --jobs; false after a complaint.
bool parse_jobs(const char* command, const char* text, unsigned& jobs);

}  // namespace sluice::tool

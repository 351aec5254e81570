#pragma once

#include <string>
#include <vector>

namespace sluice::tool {

/// A path as given, without what GNU's tools take away: slashes at the end but one.
std::string operand_path(std::string given);

/// Paths as above. An empty one is complained about and left out, and `all_named` becomes false.
std::vector<std::string> take_operands(const char* command, char** from, char** to,
                                       bool& all_named);

/// The argument of --jobs; false after a complaint.
bool parse_jobs(const char* command, const char* text, unsigned& jobs);

}  // namespace sluice::tool

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keyword.hpp"
#include "own_options.hpp"
#include "sluice/fs/copy.hpp"

namespace sluice::tool {

struct cp_command {
  copy_options copy;
  bool verbose = false;
  bool stats = false;
  unsigned jobs = 0;
  std::vector<copy_operand> operands;
};

/// What the options say about operands.
struct cp_places {
  const char* target_directory = nullptr;
  bool no_target_directory = false;
  bool strip_slashes = false;
  bool parents = false;
};

/// Reads the command line and finds each operand's target. Empty: there is nothing to do, and
/// `status` is what to exit with; what was wrong has been said.
std::optional<cp_command> read_cp_command(int argc, char** argv, int& status);

extern const char cp_help[];

/// Which name each source gets; 0, or the status to exit with.
int find_cp_targets(cp_command& c, const cp_places& p, std::vector<std::string> names);

/// Usage errors: a message, a hint, and the status.
int cp_wrong(const std::string& message);
int cp_usage_error(const std::string& message);

}  // namespace sluice::tool

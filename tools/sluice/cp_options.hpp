#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/fs/copy.hpp"

namespace sluice::tool {

struct cp_command {
  copy_options copy;
  bool verbose = false;
  bool stats = false;
  unsigned jobs = 0;
  std::vector<copy_operand> operands;
};

/// Reads the command line and finds each operand's target. Empty: there is nothing to do, and
/// `status` is what to exit with; what was wrong has been said.
std::optional<cp_command> read_cp_command(int argc, char** argv, int& status);

}  // namespace sluice::tool

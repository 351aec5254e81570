#pragma once

#include <string>
#include <vector>

#include "du_options.hpp"

namespace sluice::tool {

/// The operands of du.
struct du_names {
  std::vector<std::string> paths;
  bool good = true;     // false: something could not be used, and that has been said
  bool nothing = false; // the command ends here
};

/// From the arguments, or the file that --files0-from names.
du_names find_du_names(const du_options& o);

}  // namespace sluice::tool

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "block_size.hpp"

namespace sluice::tool {

struct du_options {
  bool all = false;        // a line for every entry, not only for directories
  bool apparent = false;
  bool every_link = false;
  bool one_file_system = false;
  bool total = false;
  bool statistics = false;
  char line_end = '\n';
  std::size_t max_depth = SIZE_MAX;
  unsigned jobs = 0;
  size_format sizes;
};

/// Parses as GNU du does. A number: the command is over, with this exit status. Else the operands
/// begin at getopt's optind.
std::optional<int> parse_du_options(int argc, char** argv, du_options& into);

}  // namespace sluice::tool

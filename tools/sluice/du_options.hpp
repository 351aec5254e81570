#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "block_size.hpp"
#include "du_exclude.hpp"
#include "sluice/fs/tree_size.hpp"

namespace sluice::tool {

enum class du_follow : std::uint8_t { none, operands, all };

struct du_options {
  bool all = false;        // a line for every entry, not only for directories
  bool apparent = false;
  bool every_link = false;
  bool inodes = false;     // count entries, not bytes
  bool one_file_system = false;
  bool separate = false;   // directories without their subdirectories
  bool summarize = false;
  bool total = false;
  bool json = false;
  bool progress = false;
  bool statistics = false;
  char line_end = '\n';
  du_follow follow = du_follow::none;
  std::size_t max_depth = SIZE_MAX;
  std::size_t top = 0;         // print only so many, the largest; 0: all
  std::int64_t threshold = 0;  // not smaller; negative: not larger than the opposite
  unsigned jobs = 0;
  size_format sizes;
  size_time time = size_time::none;
  std::string time_format;
  du_exclude exclude;
  const char* names_from = nullptr;  // --files0-from
  std::vector<const char*> operands;

  bool prints(std::uint64_t amount) const noexcept {
    return threshold < 0 ? amount <= std::uint64_t{0} - static_cast<std::uint64_t>(threshold)
                         : amount >= static_cast<std::uint64_t>(threshold);
  }
};

/// Which of the options are in force that can't be combined with every other one.
struct du_given {
  bool json = false;
  bool null = false, block_size = false, human_readable = false, si = false, time_style = false;
};

/// What is wrong with them, or an empty string.
std::string wrong_du_pair(const du_given& g);
/// The table for people.
std::string du_pairs_for_help();

/// The text of --help.
std::string du_help();

/// Parses as GNU du does. A number: the command is over, with this exit status.
std::optional<int> parse_du_options(int argc, char** argv, du_options& into);

}  // namespace sluice::tool

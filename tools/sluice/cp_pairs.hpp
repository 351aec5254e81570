#pragma once

#include <string>

namespace sluice::tool {

/// Which of the options are in force that can't be combined with every other one.
struct cp_given {
  bool link = false, symbolic_link = false, attributes_only = false;
  bool backup = false, remove_destination = false;
  bool interactive = false, no_clobber = false, update = false;
  bool reflink_always = false, sparse_always = false, sparse_never = false;
  bool atomic = false, fsync = false, resume = false, verify = false;
  bool json = false, dry_run = false;
};

/// What is wrong with them, or an empty string.
std::string wrong_pair(const cp_given& g);

/// The table for people, as --help shows it.
std::string pairs_for_help();

}  // namespace sluice::tool

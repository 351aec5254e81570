#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cp_pairs.hpp"
#include "du_exclude.hpp"
#include "keyword.hpp"
#include "own_options.hpp"
#include "sluice/fs/copy.hpp"

namespace sluice::tool {

struct cp_command {
  copy_options copy;
  bool verbose = false;
  bool stats = false;
  bool json = false;
  bool progress = false;
  unsigned jobs = 0;
  du_exclude exclude;
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

/// The text of --help.
std::string cp_help();

/// The options that GNU cp does not have.
extern const std::span<const own_options::name> cp_own_names;
/// Takes one of them, by its letter. 0: taken; -1: it is none of them; else the status to exit with,
/// plus one.
int take_own_option(int letter, const char* argument, cp_command& c);

/// Which name each source gets; 0, or the status to exit with.
int find_cp_targets(cp_command& c, const cp_places& p, std::vector<std::string> names);

/// Usage errors: a message, a hint, and the status.
int cp_wrong(const std::string& message);
int cp_usage_error(const std::string& message);

}  // namespace sluice::tool

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

/// A word for each value; values may have several.
struct keyword {
  const char* word;
  int value;
};
/// The value whose word begins with `text`, if there is one; or a complaint that lists them.
std::optional<int> match_keyword(const char* what, const std::string& text,
                                 std::span<const keyword> words);

/// Options of our own among those of another command. They take no part in finding out what an
/// abbreviation means: getopt sees them as letters that nobody types.
class own_options {
 public:
  struct name {
    const char* word;
    char letter;
    bool argument;
  };
  /// `others` are the names that come first, up to a null one.
  own_options(std::span<const name> own, std::vector<const char*> others)
      : own_(own), others_(std::move(others)) {}

  /// Replaces them among the arguments. False after a complaint.
  bool hide(int argc, char** argv);
  /// What an operand or an option's argument was before.
  const char* shown(const char* argument) const;

 private:
  const name* find(std::string_view word) const;

  std::span<const name> own_;
  std::vector<const char*> others_;
  std::vector<std::pair<std::string, const char*>> hidden_;
};

/// Usage errors: a message, a hint, and the status.
int cp_wrong(const std::string& message);
int cp_usage_error(const std::string& message);

}  // namespace sluice::tool

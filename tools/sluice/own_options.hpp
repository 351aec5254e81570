#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::tool {

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

  /// What getopt is to look for besides these letters.
  std::string letters_after(const char* others) const;
  /// Replaces them among the arguments. False after a complaint.
  bool hide(int argc, char** argv);
  /// What an operand or an option's argument was before.
  const char* shown(const char* argument) const;

 private:
  struct hidden {
    std::string letter;
    const char* original;
    bool empty;  // with an argument of no length, for which getopt would take the next one
  };
  const name* find(std::string_view word) const;

  std::span<const name> own_;
  std::vector<const char*> others_;
  std::vector<hidden> hidden_;
};

}  // namespace sluice::tool

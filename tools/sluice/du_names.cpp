#include "du_names.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "operands.hpp"
#include "report.hpp"

namespace sluice::tool {

namespace {

/// False: the name is of no use, which is said.
bool usable(const char* file, std::string_view name, unsigned long number) {
  const bool standard = std::strcmp(file, "-") == 0;
  if (standard && name == "-") {
    complain(program(), "when reading file names from stdin, no file name of " + quoted(name) +
                            " allowed");
    return false;
  }
  if (!name.empty()) return true;
  complain(program(), quoted_before_colon(file) + ":" + std::to_string(number) +
                          ": invalid zero-length file name");
  return false;
}

du_names read_names(const char* file) {
  du_names names;
  std::FILE* from = std::strcmp(file, "-") == 0 ? stdin : std::fopen(file, "re");
  if (from == nullptr) {
    complain(program(), "cannot open " + quoted(file) + " for reading: " + reason(errno));
    names.nothing = true;
    return names;
  }
  char* line = nullptr;
  std::size_t room = 0;
  for (unsigned long number = 1; ::getdelim(&line, &room, '\0', from) >= 0; ++number) {
    if (usable(file, line, number)) {
      names.paths.push_back(operand_path(line));
    } else {
      names.good = false;
    }
  }
  const int why = errno;
  std::free(line);
  if (std::ferror(from) != 0) {
    complain(program(), quoted_before_colon(file) + ": read error: " + reason(why));
    names.good = false;
  }
  if (from != stdin) std::fclose(from);
  return names;
}

}  // namespace

du_names find_du_names(const du_options& o) {
  if (o.names_from != nullptr) return read_names(o.names_from);
  du_names names;
  for (const char* operand : o.operands) {
    if (*operand != '\0') {
      names.paths.push_back(operand_path(operand));
      continue;
    }
    complain(program(), "invalid zero-length file name");
    names.good = false;
  }
  if (o.operands.empty()) names.paths.emplace_back(".");
  return names;
}

}  // namespace sluice::tool

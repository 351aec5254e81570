#include "operands.hpp"

#include <charconv>
#include <cstring>

#include "report.hpp"

namespace sluice::tool {

std::string operand_path(std::string given) {
  // "//" may mean something of its own.
  while (given.size() > 2 && given.ends_with("//")) given.pop_back();
  return given;
}

std::vector<std::string> take_operands(const char* command, char** from, char** to,
                                       bool& all_named) {
  std::vector<std::string> paths;
  for (; from != to; ++from) {
    std::string path = *from;
    if (path.empty()) {
      complain(command, "invalid zero-length file name");
      all_named = false;
      continue;
    }
    paths.push_back(operand_path(std::move(path)));
  }
  return paths;
}

bool parse_jobs(const char* command, const char* text, unsigned& jobs) {
  constexpr unsigned most = 200;  // loops that a process may have, less a few
  const char* end = text + std::strlen(text);
  const auto [at, wrong] = std::from_chars(text, end, jobs);
  if (wrong == std::errc() && at == end && jobs > 0 && jobs <= most) return true;
  complain(command, wrong_argument("--jobs", text, "not a number from 1 to 200"));
  return false;
}

}  // namespace sluice::tool

#pragma once

#include <string>
#include <vector>

namespace sluice::tool {

/// Patterns of names that are left out, as GNU's tools match them: a path, or what is behind any of
/// its slashes; wildcards match slashes and leading dots as well.
class du_exclude {
 public:
  void add(std::string pattern);
  /// A pattern in each line, of "-" from standard input. A number: why it could not be read.
  int add_from(const char* file);

  bool empty() const noexcept { return wild_.empty() && plain_.empty(); }
  /// Thread-safe.
  bool matches(const std::string& path) const;

 private:
  bool matches_whole(const char* path) const;

  std::vector<std::string> wild_;
  std::vector<std::string> plain_;  // without wildcards and backslashes, sorted
};

}  // namespace sluice::tool

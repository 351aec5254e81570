#include "du_exclude.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "locale.hpp"

namespace sluice::tool {

namespace {

bool has_wildcards(const char* at) {
  for (; *at != '\0'; ++at) {
    if (*at == '\\' && at[1] != '\0') {
      ++at;
    } else if (std::strchr("?*[", *at) != nullptr) {
      return true;
    }
  }
  return false;
}

std::string without_backslashes(const char* at) {
  std::string text;
  for (; *at != '\0'; ++at) {
    if (*at == '\\' && at[1] != '\0') ++at;
    text += *at;
  }
  return text;
}

}  // namespace

void du_exclude::add(std::string pattern) {
  if (has_wildcards(pattern.c_str())) {
    use_locale();  // for characters of several bytes
    return wild_.push_back(std::move(pattern));
  }
  pattern = without_backslashes(pattern.c_str());
  plain_.insert(std::ranges::lower_bound(plain_, pattern), std::move(pattern));
}

int du_exclude::add_from(const char* file) {
  const bool standard = std::strcmp(file, "-") == 0;
  std::FILE* from = standard ? stdin : std::fopen(file, "re");
  if (from == nullptr) return errno;
  char* line = nullptr;
  std::size_t room = 0;
  errno = 0;
  for (;;) {
    const ssize_t n = ::getline(&line, &room, from);
    if (n < 0) break;
    std::string_view pattern(line, static_cast<std::size_t>(n));
    while (!pattern.empty() && std::isspace(static_cast<unsigned char>(pattern.back())) != 0) {
      pattern.remove_suffix(1);
    }
    if (!pattern.empty()) add(std::string(pattern).c_str());  // up to a NUL
  }
  int why = std::ferror(from) != 0 ? errno : 0;
  std::free(line);
  if (!standard && std::fclose(from) != 0 && why == 0) why = errno;
  return why;
}

bool du_exclude::matches_whole(const char* path) const {
  if (std::ranges::binary_search(plain_, std::string_view(path))) return true;
  return std::ranges::any_of(wild_, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), path, 0) == 0;
  });
}

bool du_exclude::matches(const std::string& path) const {
  for (const char* at = path.c_str();; ++at) {
    if (matches_whole(at)) return true;
    at = std::strchr(at, '/');
    if (at == nullptr) return false;
  }
}

}  // namespace sluice::tool

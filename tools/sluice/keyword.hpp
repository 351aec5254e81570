#pragma once

#include <optional>
#include <span>
#include <string>

namespace sluice::tool {

/// A word for each value; values may have several.
struct keyword {
  const char* word;
  int value;
};

/// The value whose word begins with `text`, if there is one; or a complaint that lists them.
std::optional<int> match_keyword(const char* what, const std::string& text,
                                 std::span<const keyword> words);

}  // namespace sluice::tool

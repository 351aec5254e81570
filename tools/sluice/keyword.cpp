// Arguments that are words of a list, which may be cut short.
#include <cstdio>
#include <string_view>

#include "keyword.hpp"
#include "report.hpp"

namespace sluice::tool {

namespace {

void list_words(std::span<const keyword> words) {
  std::string text = "Valid arguments are:";
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool again = i > 0 && words[i].value == words[i - 1].value;
    text += (again ? ", " : "\n  - ") + quoted_argument(words[i].word);
  }
  std::fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace

std::optional<int> match_keyword(const char* what, const std::string& text,
                                 std::span<const keyword> words) {
  std::optional<int> found;
  bool ambiguous = false;
  for (const keyword& k : words) {
    if (text == k.word) return k.value;
    if (!std::string_view(k.word).starts_with(text)) continue;
    ambiguous |= found && *found != k.value;
    found = k.value;
  }
  if (found && !ambiguous) return found;
  const char* how = ambiguous ? "ambiguous" : "invalid";
  complain(program(), std::string(how) + " argument " + quoted_argument(text) + " for " +
                          quoted_argument(what));
  list_words(words);
  return std::nullopt;
}

}  // namespace sluice::tool

// Options that GNU's commands don't have, such that theirs mean what they mean there.
#include <cstring>
#include <string_view>

#include "own_options.hpp"
#include "report.hpp"

namespace sluice::tool {

const own_options::name* own_options::find(std::string_view word) const {
  for (const char* other : others_) {
    if (std::string_view(other).starts_with(word)) return nullptr;
  }
  const name* found = nullptr;
  for (const name& n : own_) {
    if (!std::string_view(n.word).starts_with(word)) continue;
    if (found != nullptr) return nullptr;
    found = &n;
  }
  return found;
}

std::string own_options::letters_after(const char* others) const {
  std::string letters = others;
  for (const name& n : own_) {
    letters += n.letter;
    if (n.argument) letters += ':';
  }
  return letters;
}

bool own_options::hide(int argc, char** argv) {
  hidden_.reserve(static_cast<std::size_t>(argc));
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (argument == "--") break;
    if (!argument.starts_with("--")) continue;
    const std::size_t equals = argument.find('=');
    const name* n = find(argument.substr(2, equals == argument.npos ? equals : equals - 2));
    if (n == nullptr || (!n->argument && equals != argument.npos)) continue;
    if (n->argument && equals == argument.npos && i + 1 == argc) {
      complain(program(), std::string("option '--") + n->word + "' requires an argument");
      return false;
    }
    const bool empty = equals + 1 == argument.size();
    std::string letter = std::string("-") + n->letter;
    if (equals != argument.npos) letter += empty ? "?" : argument.substr(equals + 1);
    hidden_.push_back({std::move(letter), argv[i], empty});
    argv[i] = hidden_.back().letter.data();
  }
  return true;
}

const char* own_options::shown(const char* argument) const {
  for (const hidden& h : hidden_) {
    if (argument == h.letter.c_str()) return h.original;
    if (h.empty && argument == h.letter.c_str() + 2) return "";
  }
  return argument;
}

}  // namespace sluice::tool

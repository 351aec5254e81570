// Names in messages, as GNU's tools quote them.
#include <langinfo.h>

#include <cstdint>
#include <cstring>
#include <cwchar>
#include <cwctype>

#include "locale.hpp"
#include "report.hpp"

namespace sluice::tool {

namespace {

/// One character of a name: how many bytes it has, and whether it can be shown.
struct character {
  std::size_t size;
  bool shown;
};

character next_character(std::string_view rest, std::mbstate_t& state) {
  const auto first = static_cast<unsigned char>(rest[0]);
  if (first < 0x80) return {1, first >= 0x20 && first != 0x7f};
  use_locale();
  wchar_t wide = 0;
  const std::size_t n = std::mbrtowc(&wide, rest.data(), rest.size(), &state);
  if (n == 0 || n > rest.size()) {
    state = {};
    return {1, false};
  }
  return {n, std::iswprint(static_cast<std::wint_t>(wide)) != 0};
}

void append_escape(std::string& to, char c) {
  static constexpr char named[] = "\a\b\t\n\v\f\r";
  const char* at = c != '\0' ? std::strchr(named, c) : nullptr;
  to += '\\';
  if (at != nullptr) {
    to += "abtnvfr"[at - named];
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  to += static_cast<char>('0' + (byte >> 6));
  to += static_cast<char>('0' + (byte >> 3 & 7));
  to += static_cast<char>('0' + (byte & 7));
}

/// Characters that mean nothing to a shell within double quotes, or anywhere.
bool plain_in_double_quotes(char c, bool first) {
  static constexpr char special[] = "?!\"$&()*;<=>[^`|\\{}";
  if (c == '#' || c == '~') return first;
  return std::strchr(special, c) == nullptr;
}

/// The name in double quotes reads better than one with '\'' in it, where that is possible.
bool fits_double_quotes(std::string_view name) {
  if (name.find('\'') == std::string_view::npos) return false;
  std::mbstate_t state{};
  for (std::size_t at = 0; at < name.size();) {
    const character c = next_character(name.substr(at), state);
    if (!c.shown || (c.size == 1 && !plain_in_double_quotes(name[at], at == 0))) return false;
    at += c.size;
  }
  return true;
}

/// GNU's tools read a name with a quote in it twice, and begin the second time as they ended the
/// first: perhaps in an escape. The same bytes are wanted.
bool begins_in_escape(std::string_view name) {
  if (name.find('\'') == std::string_view::npos) return false;
  std::mbstate_t state{};
  bool shown = true;
  for (std::size_t at = 0; at < name.size();) {
    const character c = next_character(name.substr(at), state);
    shown = c.shown;
    at += c.size;
  }
  return !shown;
}

}  // namespace

std::string quoted(std::string_view name) {
  if (fits_double_quotes(name)) return '"' + std::string(name) + '"';
  std::string text = "'";
  bool escaping = begins_in_escape(name);  // inside $'...'
  std::mbstate_t state{};
  for (std::size_t at = 0; at < name.size();) {
    const character c = next_character(name.substr(at), state);
    const bool quote = c.shown && name[at] == '\'';
    if (!c.shown) {
      if (!escaping) text += "'$'";
      for (std::size_t i = 0; i < c.size; ++i) append_escape(text, name[at + i]);
      escaping = true;
    } else if (quote) {
      text += "'\\''";
      escaping = false;
    } else {
      if (escaping) text += "''";
      escaping = false;
      text.append(name.substr(at, c.size));
    }
    at += c.size;
  }
  return text + "'";
}

std::string quoted_if_needed(std::string_view name) {
  bool plain = !name.empty() && name.find_first_of("#~") != 0 && name != "{" && name != "}";
  std::mbstate_t state{};
  for (std::size_t at = 0; plain && at < name.size();) {
    const character c = next_character(name.substr(at), state);
    const bool special = c.size == 1 && std::strchr(" !\"$&'()*;<=>[\\^`|?", name[at]) != nullptr;
    plain = c.shown && !special;
    at += c.size;
  }
  return plain ? std::string(name) : quoted(name);
}

std::string quoted_before_colon(std::string_view name) {
  return name.find(':') == std::string_view::npos ? quoted_if_needed(name) : quoted(name);
}

std::string quoted_argument(std::string_view text) {
  use_locale();
  const bool unicode = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
  std::string whole = unicode ? "\u2018" : "'";
  std::mbstate_t state{};
  for (std::size_t at = 0; at < text.size();) {
    const character c = next_character(text.substr(at), state);
    if (!c.shown) {
      for (std::size_t i = 0; i < c.size; ++i) append_escape(whole, text[at + i]);
    } else {
      if (text[at] == '\\' || (!unicode && text[at] == '\'')) whole += '\\';
      whole.append(text.substr(at, c.size));
    }
    at += c.size;
  }
  return whole + (unicode ? "\u2019" : "'");
}

}  // namespace sluice::tool

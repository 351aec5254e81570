#include "du_time.hpp"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "locale.hpp"
#include "report.hpp"

namespace sluice::tool {

namespace {

/// Between '%' and the letter.
struct directive {
  char padding = '\0';  // the last of "_-0+"
  int width = -1;
  int colons = 0;
  char modifier = '\0';  // E or O
  char letter = '\0';
};

directive read_directive(const char*& at) {
  directive d;
  for (; *at != '\0' && std::strchr("_-0+^#", *at) != nullptr; ++at) {
    if (*at != '^' && *at != '#') d.padding = *at;
  }
  if (std::isdigit(static_cast<unsigned char>(*at)) != 0) {
    char* behind = nullptr;
    const long width = std::strtol(at, &behind, 10);
    d.width = width > 4096 ? 4096 : static_cast<int>(width);
    at = behind;
  }
  const char* colons = at;
  while (*at == ':') ++at;
  d.colons = static_cast<int>(at - colons);
  if (*at == 'E' || *at == 'O') d.modifier = *at++;
  d.letter = *at;
  if (*at != '\0') ++at;
  return d;
}

/// So many of the nine digits as the width says; padding goes behind them.
void append_nanoseconds(std::string& to, const directive& d, unsigned nanoseconds) {
  int digits = 9;
  const int width = d.width <= 0 ? digits : d.width;
  while (width < digits || (digits > 1 && nanoseconds % 10 == 0)) {
    --digits;
    nanoseconds /= 10;
  }
  char text[16];
  std::snprintf(text, sizeof text, "%0*u", digits, nanoseconds);
  to += text;
  if (d.padding != '-' && width > digits) {
    to.append(static_cast<std::size_t>(width - digits), d.padding == '_' ? ' ' : '0');
  }
}

/// %z is +hhmm, %:z +hh:mm, %::z has seconds, and %:::z what is needed. The hours take part in the
/// padding: without any they have one digit.
void append_zone(std::string& to, const directive& d, long east) {
  const long off = std::labs(east);
  const long h = off / 3600, m = off / 60 % 60, s = off % 60;
  int parts = d.colons == 0 ? 2 : d.colons + 1;
  if (d.colons == 3) parts = s != 0 ? 3 : m != 0 ? 2 : 1;
  const char* colon = d.colons != 0 ? ":" : "";
  char rest[32] = "";
  if (parts == 2) std::snprintf(rest, sizeof rest, "%s%02ld", colon, m);
  if (parts == 3) std::snprintf(rest, sizeof rest, "%s%02ld%s%02ld", colon, m, colon, s);
  std::string number = std::to_string(h) + rest;
  if (d.colons == 0) number = std::to_string(h * 100 + m);
  const std::size_t usual = d.colons == 0 ? 5 : static_cast<std::size_t>(3 * parts);
  const std::size_t width = d.width < 0 ? usual : static_cast<std::size_t>(d.width);
  const std::size_t missing = width > number.size() + 1 ? width - number.size() - 1 : 0;
  const char sign = east < 0 ? '-' : '+';
  if (d.padding == '_') {
    to.append(missing, ' ') += sign;
  } else {
    to += sign;
    if (d.padding != '-') to.append(missing, '0');
  }
  to += number;
}

void append_strftime(std::string& to, std::string_view directive_text, const std::tm& local) {
  use_locale();
  std::string format(directive_text);
  format += '.';  // an empty result and too little room look the same
  std::string room(256, '\0');
  for (;;) {
    const std::size_t n = std::strftime(room.data(), room.size(), format.c_str(), &local);
    if (n > 0) {
      to.append(room, 0, n - 1);
      return;
    }
    if (room.size() > 64 * 1024) return;
    room.resize(2 * room.size());
  }
}

/// What strftime can do, or nobody.
void append_plain(std::string& to, const directive& d, std::string text, const std::tm& local) {
  if (d.letter == '\0') {
    const auto width = static_cast<std::size_t>(d.width > 0 ? d.width : 0);
    if (text.size() < width) to.append(width - text.size(), ' ');
    to += text;
    return;
  }
  std::erase(text, '+');  // a sign for years of five digits, which some C libraries don't know
  append_strftime(to, text, local);
}

}  // namespace

void append_time(std::string& to, const std::string& format, timestamp when) {
  std::tm local{};
  const std::time_t seconds = when.seconds;
  if (::localtime_r(&seconds, &local) == nullptr) {
    const std::string number = std::to_string(when.seconds);
    complain(program(), "time " + quoted_argument(number) + " is out of range");
    to += number;
    return;
  }
  for (const char* at = format.c_str(); *at != '\0';) {
    const std::size_t plain = std::strcspn(at, "%");
    to.append(at, plain);
    at += plain;
    if (*at == '\0') return;
    const char* begin = at++;
    const directive d = read_directive(at);
    if (d.letter == 'N' && d.modifier != 'E' && d.colons == 0) {
      append_nanoseconds(to, d, when.nanoseconds);
    } else if (d.letter == 'z' && d.modifier == '\0' && d.colons <= 3) {
      append_zone(to, d, local.tm_gmtoff);
    } else {
      append_plain(to, d, std::string(begin, at), local);
    }
  }
}

std::string iso_time(timestamp when) {
  std::tm utc{};
  const std::time_t seconds = when.seconds;
  if (::gmtime_r(&seconds, &utc) == nullptr) return {};
  std::string text;
  append_strftime(text, "%Y-%m-%dT%H:%M:%S", utc);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%09uZ", when.nanoseconds);
  return text + fraction;
}

}  // namespace sluice::tool

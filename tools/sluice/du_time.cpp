#include "du_time.hpp"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

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

/// %:z is +hh:mm, %::z has seconds, and %:::z what is needed.
void append_zone(std::string& to, const directive& d, long east) {
  const long off = std::labs(east);
  const long h = off / 3600, m = off / 60 % 60, s = off % 60;
  int parts = d.colons + 1;
  if (d.colons == 3) parts = s != 0 ? 3 : m != 0 ? 2 : 1;
  char text[32];
  int n = std::snprintf(text, sizeof text, "%c%02ld", east < 0 ? '-' : '+', h);
  if (parts > 1) n += std::snprintf(text + n, sizeof text - static_cast<unsigned>(n), ":%02ld", m);
  if (parts > 2) n += std::snprintf(text + n, sizeof text - static_cast<unsigned>(n), ":%02ld", s);
  std::string whole(text);
  if (d.width > n) {
    const auto missing = static_cast<std::size_t>(d.width - n);
    if (d.padding == '_') {
      whole.insert(0, missing, ' ');
    } else if (d.padding != '-') {
      whole.insert(1, missing, '0');
    }
  }
  to += whole;
}

void append_strftime(std::string& to, std::string_view directive_text, const std::tm& local) {
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
    } else if (d.letter == 'z' && d.modifier == '\0' && d.colons > 0 && d.colons <= 3) {
      append_zone(to, d, local.tm_gmtoff);
    } else {
      append_strftime(to, std::string_view(begin, static_cast<std::size_t>(at - begin)), local);
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

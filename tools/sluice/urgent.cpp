#include "urgent.hpp"

#include <poll.h>
#include <unistd.h>

namespace sluice::tool {

void write_urgently(std::string_view text) noexcept {
  constexpr int a_moment = 100;  // milliseconds
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&ready, 1, a_moment) != 1) return;
  const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);  // nobody to tell
}

urgent_line::~urgent_line() {
  add('\n');
  write_out();
}

void urgent_line::write_out() noexcept {
  write_urgently({text_.data(), used_});
  used_ = 0;
}

void urgent_line::add(char c) noexcept {
  if (used_ == text_.size()) write_out();
  text_[used_++] = c;
}

void urgent_line::add(std::string_view text) noexcept {
  for (const char c : text) add(c);
}

void urgent_line::add_quoted(std::string_view name) noexcept {
  bool escaping = false;  // inside $'...'
  add('\'');
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool shown = byte >= 0x20 && byte < 0x7f;
    if (shown == escaping) add(escaping ? "''" : "'$'");
    escaping = !shown;
    if (!shown) {
      const char octal[] = {'\\', static_cast<char>('0' + (byte >> 6)),
                            static_cast<char>('0' + (byte >> 3 & 7)), static_cast<char>('0' + (byte & 7))};
      add({octal, sizeof octal});
    } else if (c == '\'') {
      add("'\\''");
    } else {
      add(c);
    }
  }
  add('\'');
}

}  // namespace sluice::tool

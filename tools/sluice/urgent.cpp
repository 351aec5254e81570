#include "urgent.hpp"

#include <poll.h>
#include <unistd.h>

namespace sluice::tool {

void write_urgently(std::string_view text, int to) noexcept {
  constexpr int a_moment = 100;  // milliseconds
  pollfd ready{to, POLLOUT, 0};
  if (::poll(&ready, 1, a_moment) != 1) return;
  const auto written = ::write(to, text.data(), text.size());
  static_cast<void>(written);  // nobody to tell
}

urgent_line::~urgent_line() {
  *this += '\n';
  write_out();
}

void urgent_line::write_out() noexcept {
  write_urgently({text_.data(), used_});
  used_ = 0;
}

urgent_line& urgent_line::operator+=(char c) noexcept {
  if (used_ == text_.size()) write_out();
  text_[used_++] = c;
  return *this;
}

}  // namespace sluice::tool

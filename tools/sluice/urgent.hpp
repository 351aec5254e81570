#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sluice::tool {

/// Writes to a descriptor, at once; also in signal handlers. What nobody takes within a moment is lost:
/// whoever writes it is about to end.
void write_urgently(std::string_view text, int to = 2) noexcept;

/// Text of a limited size, put together without allocating.
class urgent_text {
 public:
  urgent_text& operator+=(char c) noexcept {
    if (used_ < text_.size()) text_[used_] = c;
    ++used_;
    return *this;
  }
  /// False: it is cut.
  bool whole() const noexcept { return used_ <= text_.size(); }
  std::string_view view() const noexcept { return {text_.data(), whole() ? used_ : text_.size()}; }
  void clear() noexcept { used_ = 0; }

 private:
  std::array<char, 64 * 1024> text_;
  std::size_t used_ = 0;
};

/// A line on standard error, put together without allocating; written when it is full, or ends.
class urgent_line {
 public:
  urgent_line() noexcept = default;
  ~urgent_line();
  urgent_line(const urgent_line&) = delete;
  urgent_line& operator=(const urgent_line&) = delete;

  urgent_line& operator+=(char c) noexcept;

 private:
  void write_out() noexcept;

  std::array<char, 1024> text_;
  std::size_t used_ = 0;
};

/// Adds to one of these, or to other text.
template <class Text>
void add_urgently(Text& to, std::string_view text) noexcept {
  for (const char c : text) to += c;
}

/// A name in quotes, for a shell the very same bytes: as `quoted` has it where only ASCII can be
/// shown. What else can be is not to be found out here.
template <class Text>
void quote_urgently(Text& to, std::string_view name) noexcept {
  bool escaping = false;  // inside $'...'
  to += '\'';
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool shown = byte >= 0x20 && byte < 0x7f;
    if (shown == escaping) add_urgently(to, escaping ? "''" : "'$'");
    escaping = !shown;
    if (!shown) {
      const char octal[] = {'\\', static_cast<char>('0' + (byte >> 6)),
                            static_cast<char>('0' + (byte >> 3 & 7)), static_cast<char>('0' + (byte & 7))};
      add_urgently(to, {octal, sizeof octal});
    } else if (c == '\'') {
      add_urgently(to, "'\\''");
    } else {
      to += c;
    }
  }
  to += '\'';
}

}  // namespace sluice::tool

// Text into a buffer of the caller's, which may be too small.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "http/ascii.hpp"

namespace sluice::inline v0::http {

/// What does not fit is left out, as a whole piece, and all that follows it; full() tells.
class text_out {
 public:
  explicit text_out(std::span<char> room) noexcept
      : begin_(room.data()), at_(room.data()), end_(room.data() + room.size()) {}

  text_out& put(std::string_view piece) noexcept {
    if (char* to = take(piece.size())) std::memcpy(to, piece.data(), piece.size());
    return *this;
  }
  text_out& put(char c) noexcept {
    if (char* to = take(1)) *to = c;
    return *this;
  }
  text_out& number(std::uint64_t n) noexcept { return digits(n, 10); }
  text_out& hex(std::uint64_t n) noexcept { return digits(n, 16); }

  /// Room for `size` bytes that the caller fills; nullptr if there is none.
  char* take(std::size_t size) noexcept {
    if (full_ || static_cast<std::size_t>(end_ - at_) < size) {
      full_ = true;
      return nullptr;
    }
    char* to = at_;
    at_ += size;
    return to;
  }
  /// Forgets what was put since the text had `size` bytes, and that it did not fit.
  void back_to(std::size_t size) noexcept {
    at_ = begin_ + size;
    full_ = false;
  }

  bool full() const noexcept { return full_; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  std::string_view text() const noexcept { return {begin_, size()}; }

 private:
  text_out& digits(std::uint64_t n, int base) noexcept {
    char text[20];
    const auto [stop, problem] = std::to_chars(text, text + sizeof text, n, base);
    return put({text, static_cast<std::size_t>(stop - text)});
  }

  char* begin_;
  char* at_;
  char* end_;
  bool full_ = false;
};

}  // namespace sluice::inline v0::http

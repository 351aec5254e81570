// The chunked transfer coding, for bodies whose length is not known when they begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/ascii.hpp"

namespace sluice::inline v0::http {

/// A chunk is made in place: the caller leaves `before` bytes free, puts data behind them, and frames it.
struct chunk_frame {
  static constexpr std::size_t before = 10;  // size in 8 digits, CRLF
  static constexpr std::size_t after = 2;
  static constexpr std::string_view last = "0\r\n\r\n";

  /// Makes a chunk of buffer[before, before + size), where 0 < size < 2^32 and `after` bytes follow it.
  /// Returns its bytes from the beginning of `buffer` on.
  static std::size_t close(std::span<char> buffer, std::size_t size) noexcept {
    // Leading zeros are allowed, and save moving the data.
    for (std::size_t i = 0; i < 8; ++i) buffer[i] = hex_digits[(size >> (28 - 4 * i)) & 15];
    buffer[8] = '\r';
    buffer[9] = '\n';
    buffer[before + size] = '\r';
    buffer[before + size + 1] = '\n';
    return before + size + after;
  }
};

}  // namespace sluice::inline v0::http

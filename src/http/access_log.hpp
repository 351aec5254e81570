// A line of the access log, in the common log format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::inline v0::http {

/// What the log says of a request. Text that came from the client may hold anything.
struct log_entry {
  std::string_view peer;   // address
  std::int64_t time = 0;   // when the request came, seconds since 1970
  std::string_view line;   // request line as it came; "-" stands for none
  std::uint16_t status = 0;
  std::uint64_t bytes = 0;  // of the body that were sent
};

inline constexpr std::size_t shortest_log_room = 256;

/// Writes `peer - - [21/Nov/2026:14:25:11 +0000] "GET / HTTP/1.1" 200 1024` and a newline, always one
/// whole line of printable ASCII: quotes and backslashes have a backslash before them, other bytes are
/// \xHH. What does not fit is cut out of the request line, which then ends with "...". Returns its bytes;
/// 0 if `room` is smaller than shortest_log_room or the peer's text is longer than 64 bytes.
std::size_t write_log_line(std::span<char> room, const log_entry& entry) noexcept;

}  // namespace sluice::inline v0::http

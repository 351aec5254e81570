// The head of a response, into a buffer of the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/range.hpp"

namespace sluice::inline v0::http {

class text_out;

enum class framing : std::uint8_t {
  none,     // 304: neither length nor body
  sized,    // Content-Length
  chunked,  // Transfer-Encoding: for clients of 1.1 only
  closing   // until the connection ends: of unknown length, for clients of 1.0
};

/// What a response says of itself. Views that are empty are left out.
struct response_head {
  std::uint16_t status = 200;
  framing body = framing::sized;
  bool close = false;              // Connection: close
  bool tell_keep_alive = false;    // Connection: keep-alive, which clients of 1.0 wait for
  bool accepts_ranges = false;     // Accept-Ranges: bytes
  std::uint64_t length = 0;        // of a sized body, also where HEAD leaves it out
  std::string_view date;           // now, as write_date() gives it
  std::string_view server;         // name of the program
  std::string_view type;           // Content-Type, unless it is multipart
  std::string_view tag;            // ETag with its quotes
  std::string_view last_modified;  // as write_date() gives it; not later than `date`
  std::string_view location;       // a URL that is escaped already
  std::string_view allow;          // 405
  std::string_view policy;         // Content-Security-Policy
  const byte_range* range = nullptr;  // 206 of one range; with `file_size`
  const multipart_frame* parts = nullptr;  // 206 of several
  std::uint64_t file_size = 0;     // of 206 and 416
};

/// Writes status line, fields and the empty line. Returns their bytes, or 0 if `room` is too small; 1 KiB
/// is enough for all but long locations.
std::size_t write_head(std::span<char> room, const response_head& head) noexcept;

/// "Not Found" for 404; the name of its class for a number that is not known.
std::string_view reason(int status) noexcept;

/// The body of an answer without a file: a small page that says what the status says. Returns its
/// bytes, or 0 if `room` is too small; 512 bytes are enough.
std::size_t write_status_page(std::span<char> room, int status) noexcept;

inline constexpr std::string_view page_type = "text/html; charset=utf-8";

/// What a server sends before it reads a body that the client holds back.
inline constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace sluice::inline v0::http

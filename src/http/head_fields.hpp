// Which fields may come how often and together. Each answers 0, or the status that refuses the request.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/request_head.hpp"

namespace sluice::inline v0::http {

/// Fields that may come once, as bits.
enum class one_of : std::uint16_t {
  host = 1,
  range = 2,
  if_range = 4,
  if_modified_since = 8,
  if_unmodified_since = 16,
  content_length = 32,
  transfer_encoding = 64,
};

/// Whether `text` may be a Host: a name or an address, perhaps with a port, perhaps nothing.
bool is_host(std::string_view text) noexcept;

/// What the parser checks by itself is not checked again: that Content-Length and Transfer-Encoding do not
/// come together.
class field_rules {
 public:
  int once(one_of which, std::string_view& into, std::string_view value, bool good = true) noexcept {
    into = value;
    return good && note(which) ? 0 : 400;
  }
  int length(std::string_view value, request_head& head) noexcept;
  int encoding(std::string_view value, request_head& head) noexcept;
  int expect(std::string_view value, request_head& head) noexcept;
  /// When all fields have been seen.
  int whole(const request_head& head) const noexcept;

 private:
  bool has(one_of which) const noexcept { return (seen_ & static_cast<unsigned>(which)) != 0; }
  bool note(one_of which) noexcept {
    const bool first = !has(which);
    seen_ |= static_cast<unsigned>(which);
    return first;
  }

  unsigned seen_ = 0;
};

}  // namespace sluice::inline v0::http

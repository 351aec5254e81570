#include "http/head_fields.hpp"

#include <array>
#include <charconv>

#include "http/ascii.hpp"

namespace sluice::inline v0::http {

namespace {

constexpr std::array<bool, 256> host_characters = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    table[c] = is_digit(byte) || is_alpha(byte);
  }
  // RFC 3986: what a registered name, an address in brackets and a port are made of.
  for (const unsigned char c : std::string_view("-._~%!$&'()*+,;=:[]")) table[c] = true;
  return table;
}();

}  // namespace

bool is_host(std::string_view text) noexcept {
  for (const char c : text) {
    if (!host_characters[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

int field_rules::length(std::string_view value, request_head& head) noexcept {
  // A list of equal numbers is allowed by the standard, and read differently by others: refused.
  const char* end = value.data() + value.size();
  const auto [stop, problem] = std::from_chars(value.data(), end, head.content_length);
  if (problem != std::errc() || stop != end || !note(one_of::content_length)) return 400;
  head.body = head.content_length == 0 ? body_kind::none : body_kind::sized;
  return 0;
}

int field_rules::encoding(std::string_view value, request_head& head) noexcept {
  // Older servers between us and the client may have read past it (RFC 9112, 6.1).
  if (!head.minor_version_1) return 400;
  if (!note(one_of::transfer_encoding)) return 400;
  head.body = body_kind::chunked;
  return equal_nocase(value, "chunked") ? 0 : 501;
}

int field_rules::expect(std::string_view value, request_head& head) noexcept {
  if (!equal_nocase(value, "100-continue")) return 417;
  head.expects_continue = head.minor_version_1;
  return 0;
}

int field_rules::whole(const request_head& head) const noexcept {
  return head.minor_version_1 && !has(one_of::host) ? 400 : 0;
}

}  // namespace sluice::inline v0::http

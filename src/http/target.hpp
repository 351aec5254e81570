// From the target of a request to a path beneath the served directory.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::inline v0::http {

class text_out;

struct target_options {
  bool hidden = false;  // whether names that begin with a dot can be asked for
};

/// Where a target points to.
struct resolved_target {
  std::uint16_t status = 0;     // 0, or 400 or 404
  std::string_view path;        // relative, without "." and "..", NUL behind it; "." is the root
  bool directory = false;       // ended with a slash
  std::string_view query;       // after the question mark, as it came; a view into the target
};

/// Resolves an origin-form ("/a/b?c") or an absolute-form ("http://host/a") target into `room`, which has
/// to be as long as the target plus 2; less is 400.
///
/// Percent codes are decoded once, and before dots are looked at: "%2e%2e" is "..". Dots are resolved by
/// text, as RFC 3986 wants, and more of them than there are directories are 400; empty segments are left
/// out. 400 also are NUL, an incomplete code and every other form. "%2F" is 404: no name holds a slash,
/// and taking it for a separator would make two targets of one file. What the result names is not known
/// to lie beneath the root: links are for openat2 to judge.
resolved_target resolve_target(std::string_view target, std::span<char> room,
                               const target_options& options = {}) noexcept;

/// Puts a path into a URL: all bytes but unreserved ones and slashes as percent codes.
void put_url_path(text_out& out, std::string_view path) noexcept;

}  // namespace sluice::inline v0::http

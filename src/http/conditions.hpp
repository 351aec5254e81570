// Conditional requests, as RFC 9110 (13) orders them: is the file sent, which part of it, or not?
#pragma once

#include <cstdint>
#include <string_view>

#include "http/range.hpp"
#include "http/request_head.hpp"

namespace sluice::inline v0::http {

/// What validators are made of.
struct file_facts {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::uint64_t inode = 0;
};

/// Whole seconds, rounded down, as dates in HTTP are.
std::int64_t modified_seconds(const file_facts& file) noexcept;

/// A strong tag from size, time and inode: a file replaced by rename has a new one. One changed in place
/// without a change of its size has the old one if that happened within a tick of the file system's
/// clock, 4 ms on common kernels, after it was served.
class entity_tag {
 public:
  explicit entity_tag(const file_facts& file) noexcept;
  std::string_view text() const noexcept { return {text_, size_}; }  // with its quotes

 private:
  char text_[52];
  std::uint8_t size_ = 0;
};

struct selection {
  std::uint16_t status = 200;  // 200, 206, 304, 412 or 416
  byte_ranges ranges;          // of 206
};

/// How GET or HEAD for an existing file is answered: If-Match, else If-Unmodified-Since; If-None-Match,
/// else If-Modified-Since; then Range, if If-Range holds, of GET only. `tag` is the file's, `now` in
/// seconds since 1970. A date in If-Range holds only if it is the file's exactly and a second or more has
/// passed since, or the file could have changed within it.
selection select(const request_head& head, const file_facts& file, std::string_view tag,
                 std::int64_t now) noexcept;

/// Whether one of the tags in `lines`, or "*", is `tag`. Weak tags are equal to strong ones of the same
/// text only in a `weak` comparison.
bool names_tag(const field_lines& lines, std::string_view tag, bool weak) noexcept;

}  // namespace sluice::inline v0::http

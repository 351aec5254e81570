#include "http/range.hpp"

#include <algorithm>
#include <optional>

#include "http/ascii.hpp"
#include "http/text_out.hpp"

namespace sluice::inline v0::http {

namespace {

/// All of `text` as a number; what is too large is the largest.
std::optional<std::uint64_t> number(std::string_view text) noexcept {
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return {};
  std::uint64_t n = 0;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), n);
  return problem == std::errc() ? n : UINT64_MAX;
}

struct range_spec {
  bool valid = false;
  bool satisfiable = false;
  byte_range bytes;
};

range_spec suffix(std::string_view text, std::uint64_t size) noexcept {
  const auto count = number(text);
  if (!count) return {};
  const std::uint64_t n = std::min(*count, size);
  return {true, n != 0, {size - n, n}};
}

range_spec one_range(std::string_view text, std::uint64_t size) noexcept {
  if (text.starts_with('-')) return suffix(text.substr(1), size);
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return {};
  const auto first = number(text.substr(0, dash));
  const std::string_view end = text.substr(dash + 1);
  const auto last = end.empty() ? UINT64_MAX : number(end);
  if (!first || !last || *last < *first) return {};
  if (*first >= size) return {true, false, {}};
  return {true, true, {*first, std::min(*last, size - 1) - *first + 1}};
}

/// Takes the next element off a comma-separated list; elements may be empty.
std::string_view next_element(std::string_view& list) noexcept {
  const std::size_t comma = list.find(',');
  const std::string_view element = trim(list.substr(0, comma));
  list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  return element;
}

bool touch(const byte_range& a, const byte_range& b) noexcept {
  return a.first <= b.first + b.size && b.first <= a.first + a.size;
}

}  // namespace

byte_ranges byte_ranges::parse(std::string_view value, std::uint64_t size) noexcept {
  constexpr std::string_view unit = "bytes=";
  if (!equal_nocase(value.substr(0, unit.size()), unit)) return {};
  value.remove_prefix(unit.size());
  byte_ranges asked;
  std::size_t specs = 0;
  while (!value.empty()) {
    const std::string_view element = next_element(value);
    if (element.empty()) continue;
    const range_spec spec = one_range(element, size);
    if (!spec.valid || ++specs > most) return {};
    // A suffix is satisfied by an empty file, too, but cannot be told in Content-Range.
    if (size == 0 && element != "-0" && element.starts_with('-')) return {};
    if (spec.satisfiable) asked.add(spec.bytes);
  }
  if (specs == 0) return {};
  asked.kind_ = asked.count_ == 0 ? kind::unsatisfiable : kind::partial;
  return asked;
}

/// Takes the place of the earliest that it touches; it may close a gap between several.
void byte_ranges::add(byte_range one) noexcept {
  const std::span<byte_range> present(ranges_.data(), count_);
  const auto place = std::ranges::find_if(present, [&](const byte_range& r) { return touch(r, one); });
  if (place == present.end()) {
    ranges_[count_++] = one;
    return;
  }
  auto kept = place;
  for (auto r = place; r != present.end(); ++r) {
    if (touch(*r, one)) {
      const std::uint64_t end = std::max(r->first + r->size, one.first + one.size);
      one.first = std::min(r->first, one.first);
      one.size = end - one.first;
      if (r != place) continue;
    }
    *kept++ = *r;
  }
  *place = one;
  count_ = static_cast<std::size_t>(kept - present.begin());
}

void put_content_range(text_out& out, const byte_range& one, std::uint64_t size) noexcept {
  out.put("bytes ").number(one.first).put('-').number(one.first + one.size - 1).put('/').number(size);
}

void put_unsatisfied_range(text_out& out, std::uint64_t size) noexcept {
  out.put("bytes */").number(size);
}

void multipart_frame::put_type(text_out& out) const noexcept {
  out.put("multipart/byteranges; boundary=").put(boundary_);
}

void multipart_frame::put_head(text_out& out, const byte_range& one) const noexcept {
  out.put("\r\n--").put(boundary_).put("\r\n");
  if (!type_.empty()) out.put("Content-Type: ").put(type_).put("\r\n");
  out.put("Content-Range: ");
  put_content_range(out, one, size_);
  out.put("\r\n\r\n");
}

void multipart_frame::put_end(text_out& out) const noexcept {
  out.put("\r\n--").put(boundary_).put("--\r\n");
}

std::uint64_t multipart_frame::length(std::span<const byte_range> ranges) const noexcept {
  // Of a head, only the numbers in it differ in length.
  const auto digits = [](std::uint64_t n) {
    std::uint64_t count = 1;
    for (; n > 9; n /= 10) ++count;
    return count;
  };
  const std::uint64_t end = sizeof "\r\n----\r\n" - 1 + boundary_.size();
  std::uint64_t fixed = sizeof "\r\n--\r\nContent-Range: bytes -/\r\n\r\n" - 1 + boundary_.size();
  if (!type_.empty()) fixed += sizeof "Content-Type: \r\n" - 1 + type_.size();
  std::uint64_t all = end;
  for (const byte_range& r : ranges) {
    all += fixed + digits(r.first) + digits(r.first + r.size - 1) + digits(size_) + r.size;
  }
  return all;
}

}  // namespace sluice::inline v0::http

#include "http/conditions.hpp"

#include "http/ascii.hpp"
#include "http/date.hpp"
#include "http/text_out.hpp"

namespace sluice::inline v0::http {

namespace {

/// Takes the next tag off a list, with its W/ if it has one; empty at the end and where the list is none.
std::string_view next_tag(std::string_view& list) noexcept {
  while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t')) {
    list.remove_prefix(1);
  }
  const std::size_t open = list.starts_with("W/") ? 2 : 0;
  if (!list.substr(open).starts_with('"')) return {};
  const std::size_t close = list.find('"', open + 1);
  if (close == list.npos) return {};
  const std::string_view tag = list.substr(0, close + 1);
  list.remove_prefix(close + 1);
  return tag;
}

bool line_names_tag(std::string_view line, std::string_view tag, bool weak) noexcept {
  if (line == "*") return true;
  for (std::string_view one = next_tag(line); !one.empty(); one = next_tag(line)) {
    if (weak && one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
  }
  return false;
}

/// 304, 412, or 0 if nothing keeps the file from being sent.
std::uint16_t precondition(const request_head& head, std::int64_t modified, std::string_view tag,
                           std::int64_t now) noexcept {
  if (!head.if_match.empty()) {
    if (!names_tag(head.if_match, tag, false)) return 412;
  } else if (!head.if_unmodified_since.empty()) {
    const auto since = parse_date(head.if_unmodified_since, now);
    if (since && modified > *since) return 412;
  }
  if (!head.if_none_match.empty()) {
    if (names_tag(head.if_none_match, tag, true)) return 304;
  } else if (!head.if_modified_since.empty()) {
    const auto since = parse_date(head.if_modified_since, now);
    if (since && modified <= *since) return 304;
  }
  return 0;
}

bool range_holds(std::string_view if_range, std::int64_t modified, std::string_view tag,
                 std::int64_t now) noexcept {
  if (if_range.empty() || if_range == tag) return true;
  const auto date = parse_date(if_range, now);
  return date && *date == modified && now > modified;
}

}  // namespace

std::int64_t modified_seconds(const file_facts& file) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t whole = file.modified_ns / second;
  return file.modified_ns % second < 0 ? whole - 1 : whole;
}

entity_tag::entity_tag(const file_facts& file) noexcept {
  text_out out(text_);
  out.put('"').hex(file.size).put('-').hex(static_cast<std::uint64_t>(file.modified_ns));
  out.put('-').hex(file.inode).put('"');
  size_ = static_cast<std::uint8_t>(out.size());
}

bool names_tag(const field_lines& lines, std::string_view tag, bool weak) noexcept {
  for (const std::string_view line : lines) {
    if (line_names_tag(line, tag, weak)) return true;
  }
  return false;
}

selection select(const request_head& head, const file_facts& file, std::string_view tag,
                 std::int64_t now) noexcept {
  const std::int64_t modified = modified_seconds(file);
  selection answer;
  if (const auto status = precondition(head, modified, tag, now)) {
    answer.status = status;
    return answer;
  }
  if (head.range.empty() || head.method != verb::get || !range_holds(head.if_range, modified, tag, now)) {
    return answer;
  }
  answer.ranges = byte_ranges::parse(head.range, file.size);
  if (answer.ranges.what() == byte_ranges::kind::partial) answer.status = 206;
  if (answer.ranges.what() == byte_ranges::kind::unsatisfiable) answer.status = 416;
  return answer;
}

}  // namespace sluice::inline v0::http

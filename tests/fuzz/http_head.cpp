// A stream of requests gives the same heads in one buffer and in pieces, and all they say lies
// within it.
#include <algorithm>
#include <string_view>
#include <vector>

#include "fuzz/target.hpp"
#include "http/conditions.hpp"
#include "http/request_head.hpp"
#include "http/target.hpp"

namespace {

using namespace sluice::http;

constexpr head_limits limits{.head = 512, .target = 128, .fields = 12};

void within(std::string_view part, std::string_view whole) {
  HOLDS(part.empty() ||
        (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
  for (const char c : part)
    HOLDS((static_cast<unsigned char>(c) >= ' ' || c == '\t') && c != '\x7f');
}

void check(const request_head& head, std::string_view whole) {
  for (const std::string_view v :
       {head.line, head.method_name, head.target, head.host, head.range, head.if_range,
        head.if_modified_since, head.if_unmodified_since}) {
    within(v, whole);
  }
  for (const std::string_view v : head.if_match)
    within(v, whole);
  for (const std::string_view v : head.if_none_match)
    within(v, whole);
  HOLDS(head.target.size() <= limits.target && !head.target.empty());
  HOLDS(head.target.find(' ') == head.target.npos);
  HOLDS(head.line.ends_with(head.minor_version_1 ? " HTTP/1.1" : " HTTP/1.0"));
  HOLDS(head.minor_version_1 || head.body != body_kind::chunked);
  HOLDS((head.content_length != 0) == (head.body == body_kind::sized));
  const file_facts file{1000, 5, 7};
  const selection s = select(head, file, entity_tag(file).text(), 1'000'000'000);
  HOLDS(s.status == 200 || s.status == 206 || s.status == 304 || s.status == 412 ||
        s.status == 416);
}

/// The same bytes, `step` at a time, each time in a buffer of their own.
parse_result in_pieces(std::string_view text, std::size_t step, request_head& head,
                       std::vector<char>& kept) {
  head_parser parser(limits);
  for (std::size_t n = std::min(step, text.size());; n = std::min(n + step, text.size())) {
    std::vector<char>(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(n)).swap(kept);
    const parse_result r = parser.parse(kept, head);
    if (r.state != parse_state::need_more || n == text.size()) return r;
  }
}

void compare(std::string_view text, const parse_result& whole, const request_head& head) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
    request_head other;
    std::vector<char> kept;
    const parse_result r = in_pieces(text, step, other, kept);
    if (r.state == parse_state::need_more && whole.state == parse_state::failed) {
      // Fields are looked at when all have come.
      HOLDS(text.find("\r\n\r\n", text.find_first_not_of("\r\n")) == text.npos);
      continue;
    }
    HOLDS(r.state == whole.state && r.status == whole.status && r.consumed == whole.consumed);
    if (r.state != parse_state::complete) continue;
    HOLDS(other.line == head.line && other.host == head.host && other.range == head.range);
    HOLDS(other.keep_alive == head.keep_alive && other.content_length == head.content_length);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  head_parser parser(limits);
  while (true) {
    request_head head;
    const parse_result r = parser.parse({rest.data(), rest.size()}, head);
    compare(rest, r, head);
    HOLDS((r.state == parse_state::failed) == (r.status >= 400));
    if (r.state != parse_state::complete) return 0;
    HOLDS(r.consumed > 0 && r.consumed <= rest.size() && r.consumed <= limits.head + 8);
    HOLDS(rest.substr(0, r.consumed).ends_with("\r\n\r\n"));
    check(head, rest.substr(0, r.consumed));
    rest.remove_prefix(r.consumed);
  }
}

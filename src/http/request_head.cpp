#include "http/request_head.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>

#include "http/ascii.hpp"
#include "http/head_fields.hpp"

namespace sluice::inline v0::http {

namespace {

namespace beast = boost::beast;
using beast::http::field;

std::string_view view(beast::string_view s) noexcept { return {s.data(), s.size()}; }

/// What Beast's parser calls back. It checks the grammar; how fields go together is checked here.
class beast_head final : public beast::http::basic_parser<true> {
 public:
  beast_head(request_head& head, const head_limits& limits) noexcept : head_(head), limits_(limits) {
    // Beast's limit is one byte less than ours would be: it refuses a head that reaches it.
    header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits.head, UINT32_MAX - 1) + 1));
    // Not none, which this version of Beast takes for less than any length.
    body_limit(UINT64_MAX);
  }
  int refused() const noexcept { return status_; }

 private:
  using error_code = beast::error_code;

  void refuse(int status, error_code& ec) noexcept {
    status_ = status;
    ec = beast::http::error::bad_value;
  }

  void on_request_impl(beast::http::verb v, beast::string_view name, beast::string_view target, int version,
                       error_code& ec) override {
    using known = beast::http::verb;
    head_.method = v == known::get       ? verb::get
                   : v == known::head    ? verb::head
                   : v == known::unknown ? verb::unknown
                                         : verb::not_allowed;
    head_.method_name = view(name);
    head_.target = view(target);
    head_.minor_version_1 = version == 11;
    if (target.size() > limits_.target) refuse(414, ec);
  }

  void on_field_impl(field f, beast::string_view name, beast::string_view value, error_code& ec) override {
    if (++fields_ > limits_.fields) return refuse(431, ec);
    // Beast joins folded lines: then the value is elsewhere, or lines lie between it and its name.
    const char* after_colon = name.data() + name.size() + 1;
    const bool folded = value.data() < after_colon || value.data() > head_.line.data() + head_.line.size() ||
                        std::find(after_colon, value.data(), '\r') != value.data();
    if (folded) return refuse(400, ec);
    if (const int status = take_field(f, view(value))) refuse(status, ec);
  }

  int take_field(field f, std::string_view value) noexcept {
    switch (f) {
      case field::host: return rules_.once(one_of::host, head_.host, value, is_host(value));
      case field::range: return rules_.once(one_of::range, head_.range, value);
      case field::if_range: return rules_.once(one_of::if_range, head_.if_range, value);
      case field::if_modified_since:
        return rules_.once(one_of::if_modified_since, head_.if_modified_since, value);
      case field::if_unmodified_since:
        return rules_.once(one_of::if_unmodified_since, head_.if_unmodified_since, value);
      case field::if_match: return head_.if_match.add(value) ? 0 : 431;
      case field::if_none_match: return head_.if_none_match.add(value) ? 0 : 431;
      case field::content_length: return rules_.length(value, head_);
      case field::transfer_encoding: return rules_.encoding(value, head_);
      case field::expect: return rules_.expect(value, head_);
      default: return 0;
    }
  }

  void on_header_impl(error_code& ec) override {
    if (const int status = rules_.whole(head_)) refuse(status, ec);
    head_.keep_alive = keep_alive();
  }

  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, error_code&) override { return 0; }

  request_head& head_;
  const head_limits& limits_;
  field_rules rules_;
  std::size_t fields_ = 0;
  int status_ = 0;
};

std::string_view first_line(std::string_view text) noexcept { return text.substr(0, text.find('\r')); }

/// 505 is for a line that is well-formed but of another version.
bool has_other_version(std::string_view text) noexcept {
  const std::string_view line = first_line(text);
  const std::size_t blank = line.rfind(' ');
  if (blank == line.npos || std::ranges::count(line, ' ') != 2) return false;
  const std::string_view version = line.substr(blank + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
         is_digit(version[7]) && version != "HTTP/1.0" && version != "HTTP/1.1";
}

int status_of(beast::error_code ec, std::string_view text) noexcept {
  return ec == beast::http::error::bad_version && has_other_version(text) ? 505 : 400;
}

parse_result failed(int status) noexcept {
  return {parse_state::failed, static_cast<std::uint16_t>(status), 0};
}

/// Bytes of empty lines before a request line. RFC 9112 (2.2) wants one skipped; this many are.
std::size_t blank_lines(std::string_view text) noexcept {
  constexpr std::size_t most = 8;
  std::size_t n = 0;
  while (n < most && text.substr(n).starts_with("\r\n")) n += 2;
  return n < most && text.substr(n) == "\r" ? n + 1 : n;
}

}  // namespace

parse_result head_parser::parse(std::span<const char> bytes, request_head& head) noexcept {
  const std::string_view all(bytes.data(), bytes.size());
  const std::size_t blank = blank_lines(all);
  const std::string_view text = all.substr(blank, limits_.head);
  if (!worth_a_look(text)) return more_or_too_large(text);

  head = {};
  head.line = text;  // until its end is known
  beast_head parser(head, limits_);
  beast::error_code ec;
  const std::size_t used = parser.put({text.data(), text.size()}, ec);
  // A line that is too short for a version is waited for on and on, though its end is there.
  const bool short_line = head.target.empty() && text.find('\n') != text.npos;
  if (ec == beast::http::error::need_more && !short_line) {
    line_seen_ = !head.target.empty();
    seen_ = text.size();
    return more_or_too_large(text);
  }
  seen_ = 0;
  line_seen_ = false;
  if (ec) {
    head.line = first_line(text);
    return failed(parser.refused() != 0 ? parser.refused() : status_of(ec, text));
  }
  // The end of the line: method, target and version have a blank between them.
  head.line = text.substr(0, head.method_name.size() + 1 + head.target.size() + sizeof " HTTP/1.1" - 1);
  return {parse_state::complete, 0, blank + used};
}

/// Once for the first bytes, once when the first line is there, to refuse early, and then at the end.
bool head_parser::worth_a_look(std::string_view text) noexcept {
  if (text.empty()) return false;
  if (seen_ == 0) return true;
  // Not more than 3 bytes of the end can have come before.
  const std::size_t from = std::min(seen_, text.size());
  const bool ended = text.find("\r\n\r\n", from < 3 ? 0 : from - 3) != text.npos;
  const bool line = !line_seen_ && text.find('\n', from) != text.npos;
  seen_ = text.size();
  return ended || line;
}

parse_result head_parser::more_or_too_large(std::string_view text) noexcept {
  if (text.size() < limits_.head) return {};
  seen_ = 0;
  line_seen_ = false;
  return failed(text.find('\n') == text.npos ? 414 : 431);
}

}  // namespace sluice::inline v0::http

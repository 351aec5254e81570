// The head of an HTTP/1.x request: its lines as views into the bytes that came, and how far they reach.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::inline v0::http {

/// What a server of files makes of a method: those it knows but does not do are answered 405, others 501.
enum class verb : std::uint8_t { get, head, not_allowed, unknown };

enum class body_kind : std::uint8_t { none, sized, chunked };

/// A field that is a list may come in several lines; each is one view.
class field_lines {
 public:
  static constexpr std::size_t most = 4;
  bool add(std::string_view line) noexcept {
    if (count_ == most) return false;
    lines_[count_++] = line;
    return true;
  }
  bool empty() const noexcept { return count_ == 0; }
  const std::string_view* begin() const noexcept { return lines_.data(); }
  const std::string_view* end() const noexcept { return lines_.data() + count_; }

 private:
  std::array<std::string_view, most> lines_;
  std::size_t count_ = 0;
};

/// Views are into the bytes given to the parser, and end with them. A field that did not come, and one
/// that came empty, are both an empty view.
struct request_head {
  verb method = verb::unknown;
  bool minor_version_1 = false;   // 1.1; else 1.0
  bool keep_alive = false;        // what version and Connection ask for
  bool expects_continue = false;  // Expect: 100-continue
  body_kind body = body_kind::none;
  std::uint64_t content_length = 0;  // of a sized body: bytes that follow the head

  std::string_view line;  // the request line without its end, for the log; also of a refused head
  std::string_view method_name;
  std::string_view target;
  std::string_view host;
  std::string_view range;
  std::string_view if_range;
  std::string_view if_modified_since;
  std::string_view if_unmodified_since;
  field_lines if_match;
  field_lines if_none_match;
};

struct head_limits {
  std::size_t head = 16 * 1024;  // bytes, from the method to the empty line
  std::size_t target = 8 * 1024;
  std::size_t fields = 100;
};

enum class parse_state : std::uint8_t { need_more, complete, failed };

struct parse_result {
  parse_state state = parse_state::need_more;
  std::uint16_t status = 0;  // failed: 400, 414, 417, 431, 501 or 505, to be answered before closing
  std::size_t consumed = 0;  // complete: bytes of the head; what follows is its body or the next request
};

/// Parses one head after another from a buffer that may hold less than one or many. One for each
/// connection; no memory of its own, no allocation.
///
/// Refused with 400 is what peers are known to read differently: Transfer-Encoding beside Content-Length
/// or in HTTP/1.0, either of them or Host twice, a list as Content-Length, folded lines, bare CR or LF,
/// NUL and other controls, a blank before the colon, 1.1 without Host; and a field that decides what is
/// sent, such as Range, twice.
class head_parser {
 public:
  head_parser() noexcept = default;
  explicit head_parser(const head_limits& limits) noexcept : limits_(limits) {}

  /// `bytes` begin where the head begins: after need_more they are those given before with more behind
  /// them, at the same place or another. Fills `head` if complete. After complete or failed the parser
  /// is ready for the next head. Bytes are looked at a few times at most, however they come in: a peer
  /// that sends single bytes costs no more than one that sends all.
  parse_result parse(std::span<const char> bytes, request_head& head) noexcept;

 private:
  parse_result more_or_too_large(std::string_view text) noexcept;
  bool worth_a_look(std::string_view text) noexcept;

  head_limits limits_;
  std::size_t seen_ = 0;      // of a head under way: bytes searched for its end
  bool line_seen_ = false;    // and whether its first line was parsed already
};

}  // namespace sluice::inline v0::http

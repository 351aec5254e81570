#include "http/target.hpp"

#include <array>

#include "http/ascii.hpp"
#include "http/text_out.hpp"

namespace sluice::inline v0::http {

namespace {

constexpr std::array<bool, 256> plain_in_path = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 128; ++c) table[c] = is_digit(static_cast<char>(c)) || is_alpha(static_cast<char>(c));
  for (const unsigned char c : std::string_view("-._~/")) table[c] = true;
  return table;
}();

/// The path and query of a target, or nothing if it has neither form.
std::string_view path_and_query(std::string_view target) noexcept {
  if (target.starts_with('/')) return target;
  const std::size_t scheme = target.find("://");
  if (scheme == target.npos) return {};
  const std::string_view name = target.substr(0, scheme);
  if (!equal_nocase(name, "http") && !equal_nocase(name, "https")) return {};
  const std::string_view rest = target.substr(scheme + 3);
  const std::size_t end = rest.find_first_of("/?");
  if (end == 0 || rest.empty()) return {};
  if (end == rest.npos) return "/";
  return rest.substr(end);
}

/// Segments are appended, and taken back by "..", in place: a path is never longer than its target.
class path_writer {
 public:
  enum segment { name, no_name, left_root };

  explicit path_writer(std::span<char> room) noexcept : room_(room) {}

  void add(char c) noexcept { room_[size_++] = c; }

  /// At each slash and at the end: what the segment was. Names have a slash behind them.
  segment end_segment() noexcept {
    const std::string_view text(room_.data() + start_, size_ - start_);
    if (text.empty()) return no_name;
    if (text != "." && text != "..") {
      add('/');
      start_ = size_;
      return name;
    }
    size_ = start_;
    return text.size() == 1 || go_up() ? no_name : left_root;
  }

  /// The last slash makes room for NUL.
  std::string_view finish() noexcept {
    if (size_ == 0) {
      add('.');
      add('/');
    }
    room_[size_ - 1] = '\0';
    return {room_.data(), size_ - 1};
  }

 private:
  bool go_up() noexcept {
    if (start_ == 0) return false;
    const std::size_t slash = std::string_view(room_.data(), start_ - 1).rfind('/');
    size_ = start_ = slash == std::string_view::npos ? 0 : slash + 1;
    return true;
  }

  std::span<char> room_;
  std::size_t size_ = 0;
  std::size_t start_ = 0;  // of the segment under way
};

/// Of a normalised path.
bool has_hidden(std::string_view path) noexcept {
  return path != "." && (path.starts_with('.') || path.find("/.") != path.npos);
}

/// The byte that "%XX" stands for, or -1.
int decode(std::string_view text) noexcept {
  if (text.size() < 3) return -1;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

resolved_target refused(std::uint16_t status) noexcept { return {status, {}, false, {}}; }

}  // namespace

resolved_target resolve_target(std::string_view target, std::span<char> room,
                               const target_options& options) noexcept {
  const std::string_view whole = path_and_query(target);
  if (room.size() < target.size() + 2) return refused(400);
  const std::size_t mark = whole.find('?');
  const std::string_view path = whole.substr(0, mark);
  if (whole.empty() || path.find('#') != path.npos) return refused(400);

  resolved_target to;
  to.query = mark == whole.npos ? std::string_view() : whole.substr(mark + 1);
  path_writer out(room);
  bool has_slash_in_name = false;
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (i == path.size() || path[i] == '/') {
      const auto segment = out.end_segment();
      if (segment == path_writer::left_root) return refused(400);
      to.directory = segment == path_writer::no_name;
      continue;
    }
    char c = path[i];
    if (c == '%') {
      const int code = decode(path.substr(i));
      if (code <= 0) return refused(400);
      c = static_cast<char>(code);
      has_slash_in_name = has_slash_in_name || c == '/';
      i += 2;
    }
    if (c == '\0') return refused(400);
    out.add(c);
  }
  to.path = out.finish();
  if (has_slash_in_name || (!options.hidden && has_hidden(to.path))) to.status = 404;
  return to;
}

void put_url_path(text_out& out, std::string_view path) noexcept {
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain_in_path[byte]) {
      out.put(c);
    } else {
      const char code[] = {'%', upper_hex_digits[byte >> 4], upper_hex_digits[byte & 15]};
      out.put({code, sizeof code});
    }
  }
}

}  // namespace sluice::inline v0::http

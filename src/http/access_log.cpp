#include "http/access_log.hpp"

#include "http/date.hpp"
#include "http/text_out.hpp"

namespace sluice::inline v0::http {

namespace {

/// Puts as much of `text` as leaves `reserve` bytes of room. False if that is not all.
bool put_escaped(text_out& out, std::string_view text, std::size_t reserve) noexcept {
  constexpr std::size_t longest = 4;  // \xHH
  for (const char c : text) {
    if (out.room() < reserve + longest) return false;
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.put('\\').put(c);
    } else if (c >= ' ' && c < '\x7f') {
      out.put(c);
    } else {
      const char code[] = {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
      out.put({code, sizeof code});
    }
  }
  return true;
}

void put_time(text_out& out, std::int64_t seconds) noexcept {
  const civil_time t = civil(seconds);
  const auto put = [&](int value, std::size_t digits, char after) {
    char text[5];
    write_digits(value, {text, digits});
    text[digits] = after;
    out.put({text, digits + 1});
  };
  out.put('[');
  put(t.day, 2, '/');
  out.put(month_name(t.month)).put('/');
  put(t.year, 4, ':');
  put(t.hour, 2, ':');
  put(t.minute, 2, ':');
  put(t.second, 2, ' ');
  out.put("+0000]");
}

}  // namespace

std::size_t write_log_line(std::span<char> room, const log_entry& entry) noexcept {
  constexpr std::size_t longest_peer = 64;
  // `..." 65535 18446744073709551615` and the newline.
  constexpr std::size_t end = 34;
  if (room.size() < shortest_log_room || entry.peer.size() > longest_peer) return 0;
  text_out out(room);
  // A Unix socket has no address.
  put_escaped(out, entry.peer.empty() ? "-" : entry.peer, 0);
  out.put(" - - ");
  put_time(out, entry.time);
  out.put(" \"");
  if (!put_escaped(out, entry.line.empty() ? "-" : entry.line, end)) out.put("...");
  out.put("\" ").number(entry.status).put(' ').number(entry.bytes).put('\n');
  return out.full() ? 0 : out.size();
}

}  // namespace sluice::inline v0::http

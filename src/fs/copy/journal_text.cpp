#include "fs/copy/journal_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

namespace sluice::inline v0::copying {

namespace {

constexpr std::string_view magic = "sluice-copy-journal 1 ";

void append_hex(std::string& to, std::uint64_t number) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  to.append(static_cast<std::size_t>(16 - (end - digits)), '0').append(digits, end);
}

std::optional<std::uint64_t> read_hex(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, wrong] = std::from_chars(text.data(), end, number, 16);
  if (text.size() != 16 || wrong != std::errc() || at != end) return std::nullopt;
  return number;
}

/// FNV-1a: enough to tell a line from what a torn or lost block makes of it.
std::uint64_t checksum(std::string_view text) noexcept {
  std::uint64_t sum = 0xcbf2'9ce4'8422'2325;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3;
  return sum;
}

/// A kind, a checksum of all the rest, and the rest.
std::string line_of(char kind, std::string_view rest) {
  const std::string whole = std::string(1, kind) + " " + std::string(rest);
  std::string line(1, kind);
  line += ' ';
  append_hex(line, checksum(whole));
  line += ' ';
  line += rest;
  line += '\n';
  return line;
}

constexpr bool is_plain(char c) noexcept {
  return static_cast<unsigned char>(c) > ' ' && c != '%' && c != '\x7f';
}

/// Without blanks and line ends.
std::string escaped(std::string_view path) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : path) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    unsigned byte = 0;
    if (at + 2 >= text.size()) return std::nullopt;
    const char* const end = text.data() + at + 3;
    const auto [stopped, wrong] = std::from_chars(text.data() + at + 1, end, byte, 16);
    if (wrong != std::errc() || stopped != end) return std::nullopt;
    out += static_cast<char>(byte);
    at += 2;
  }
  return out;
}

std::string_view next_word(std::string_view& rest) noexcept {
  const std::size_t blank = rest.find(' ');
  const std::string_view word = rest.substr(0, blank);
  rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
  return word;
}

void append_time(std::string& to, timestamp t) {
  append_hex(to, static_cast<std::uint64_t>(t.seconds));
  to += ' ';
  append_hex(to, t.nanoseconds);
  to += ' ';
}

constexpr std::size_t numbers_of_file = 11;

std::uint64_t digest(std::initializer_list<std::uint64_t> numbers) noexcept {
  const auto* const bytes = reinterpret_cast<const char*>(numbers.begin());
  return checksum(std::string_view(bytes, numbers.size() * sizeof *numbers.begin()));
}

}  // namespace

source_mark source_mark_of(const file_status& s) noexcept {
  return {s.device, s.inode, s.size, s.modified, s.changed};
}

target_mark target_mark_of(const file_status& s) noexcept { return {s.inode, s.size, s.modified}; }

std::uint64_t digest_of(const source_mark& m) noexcept {
  return digest({m.device, m.inode, m.size, static_cast<std::uint64_t>(m.modified.seconds),
                 m.modified.nanoseconds, static_cast<std::uint64_t>(m.changed.seconds),
                 m.changed.nanoseconds});
}

std::uint64_t digest_of(const target_mark& m) noexcept {
  return digest({m.inode, m.size, static_cast<std::uint64_t>(m.modified.seconds), m.modified.nanoseconds});
}

std::string journal_header(std::uint64_t token) {
  std::string line(magic);
  append_hex(line, token);
  line += '\n';
  return line;
}

std::string boot_line(std::string_view boot) { return line_of('b', escaped(boot)); }
std::string made_line(std::string_view path) { return line_of('m', escaped(path)); }
std::string synced_line(std::string_view path) { return line_of('s', escaped(path)); }

std::string file_line(std::string_view path, const source_mark& from, const target_mark& to,
                      bool synced) {
  std::string rest;
  for (const std::uint64_t n : {from.device, from.inode, from.size}) {
    append_hex(rest, n);
    rest += ' ';
  }
  append_time(rest, from.modified);
  append_time(rest, from.changed);
  for (const std::uint64_t n : {to.inode, to.size}) {
    append_hex(rest, n);
    rest += ' ';
  }
  append_time(rest, to.modified);
  rest += escaped(path);
  return line_of(synced ? 'f' : 'w', rest);
}

void journal_book::read_header() {
  const std::size_t header = magic.size() + 17;
  if (rest_.size() < header) return;
  if (rest_.starts_with(magic) && rest_[header - 1] == '\n') {
    token_ = read_hex(std::string_view(rest_).substr(magic.size(), 16));
  }
  is_none_ = !token_;
  rest_.erase(0, header);
}

void journal_book::add(std::string_view some) {
  if (is_none_) return;
  rest_ += some;
  if (!token_) read_header();
  if (!token_) return;
  std::string_view text = rest_;
  for (;;) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;  // torn, or the rest is yet to come
    read(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  rest_.erase(0, rest_.size() - text.size());
}

bool journal_book::is_beginning(std::string_view text) {
  const std::string_view header = text.substr(0, magic.size() + 17);
  const bool lost = std::ranges::all_of(header, [](char c) { return c == '\0'; });
  return lost || (text.size() < magic.size() + 17 && header.starts_with(magic.substr(0, header.size())));
}

void journal_book::read(std::string_view line) {
  constexpr std::size_t before_rest = 2 + 16 + 1;
  if (line.size() < before_rest || line[1] != ' ' || line[before_rest - 1] != ' ') return;
  const char kind = line[0];
  const std::string_view rest = line.substr(before_rest);
  const auto sum = read_hex(line.substr(2, 16));
  if (!sum || *sum != checksum(std::string(1, kind) + " " + std::string(rest))) return;
  if (kind == 'f' || kind == 'w') {
    read_file(rest, kind == 'f');
    return;
  }
  const auto text = unescaped(rest);
  if (!text) return;
  if (kind == 'b') begin_run(*text);
  if (kind == 'm') made_.insert(*text);
  if (kind == 's') settle(*text);
}

/// What was not durable when the machine stopped never will be.
void journal_book::begin_run(const std::string& in) {
  if (in.empty() || in != last_boot_) unsettled_.clear();
  last_boot_ = in;
  this_boot_ = !boot_.empty() && in == boot_;
}

bool journal_book::read_file(std::string_view rest, bool synced) {
  std::array<std::uint64_t, numbers_of_file> n{};
  for (std::uint64_t& one : n) {
    const auto number = read_hex(next_word(rest));
    if (!number) return false;
    one = *number;
  }
  const auto path = unescaped(rest);
  if (!path) return false;
  const auto time = [&n](std::size_t at) {
    return timestamp{static_cast<std::int64_t>(n[at]), static_cast<std::uint32_t>(n[at + 1])};
  };
  const std::uint64_t key = checksum(*path);
  entry& e = files_[key];
  e = entry();
  e.from = digest_of(source_mark{n[0], n[1], n[2], time(3), time(5)});
  e.to = digest_of(target_mark{n[7], n[8], time(9)});
  e.synced = synced;
  e.this_boot = this_boot_;
  const std::size_t slash = path->rfind('/');
  if (synced) unsettled_[slash == std::string::npos ? "" : path->substr(0, slash)].push_back(key);
  return true;
}

/// Names that were told again since are only what they were told to be last.
void journal_book::settle(const std::string& directory) {
  const auto found = unsettled_.find(directory);
  if (found == unsettled_.end()) return;
  for (const std::uint64_t key : found->second) {
    entry& e = files_.at(key);
    e.durable = e.synced;
  }
  unsettled_.erase(found);
}

const journal_book::entry* journal_book::done(const std::string& path, bool synced) const {
  const auto found = files_.find(checksum(path));
  if (found == files_.end()) return nullptr;
  const entry& e = found->second;
  return e.durable || (e.this_boot && (e.synced || !synced)) ? &e : nullptr;
}

std::vector<std::uint64_t> journal_book::targets() const {
  std::vector<std::uint64_t> all;
  all.reserve(files_.size());
  for (const auto& [path, e] : files_) all.push_back(e.to);
  std::ranges::sort(all);
  return all;
}

}  // namespace sluice::inline v0::copying

#include "http/mime_types.hpp"

#include <algorithm>

#include "http/ascii.hpp"

namespace sluice::inline v0::http {

namespace {

constexpr std::string_view unknown_type = "application/octet-stream";
constexpr std::size_t longest_ending = 24;

constexpr std::string_view known_types = R"(
application/gzip            gz tgz
application/json            json map
application/manifest+json   webmanifest
application/pdf             pdf
application/wasm            wasm
application/xml             xml xsd xsl
application/zip             zip
audio/flac                  flac
audio/mpeg                  mp3
audio/ogg                   ogg oga opus
audio/x-wav                 wav
font/otf                    otf
font/ttf                    ttf
font/woff                   woff
font/woff2                  woff2
image/avif                  avif
image/gif                   gif
image/jpeg                  jpg jpeg
image/png                   png
image/svg+xml               svg
image/vnd.microsoft.icon    ico
image/webp                  webp
text/css                    css
text/csv                    csv
text/html                   html htm
text/javascript             js mjs
text/markdown               md
text/plain                  txt text log
video/mp4                   mp4 m4v
video/ogg                   ogv
video/webm                  webm
)";

std::string_view take_word(std::string_view& line) noexcept {
  const std::size_t from = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(from);
  const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

/// What goes into a response field: printable, and with a slash.
bool is_type(std::string_view word) noexcept {
  return word.find('/') != word.npos &&
         std::ranges::all_of(word, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

mime_types::mime_types() { load(known_types); }

void mime_types::load(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const std::string_view type = take_word(line);
    if (!is_type(type)) continue;
    for (std::string_view e = take_word(line); !e.empty(); e = take_word(line)) add(e, type);
  }
}

void mime_types::add(std::string_view ending, std::string_view type) {
  if (ending.size() > longest_ending) return;
  std::string key(ending);
  std::ranges::transform(key, key.begin(), lower);
  std::string value(type);
  // Nearly all text is UTF-8 today; without a charset browsers guess, and mostly guess otherwise.
  if (type.starts_with("text/")) value += "; charset=utf-8";
  types_.insert_or_assign(std::move(key), std::move(value));
}

std::string_view mime_types::of(std::string_view name) const noexcept {
  name.remove_prefix(name.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos || dot == 0 || name.size() - dot - 1 > longest_ending) return unknown_type;
  char ending[longest_ending];
  const std::string_view as_written = name.substr(dot + 1);
  std::ranges::transform(as_written, ending, lower);
  const auto known = types_.find(std::string_view(ending, as_written.size()));
  return known == types_.end() ? unknown_type : std::string_view(known->second);
}

}  // namespace sluice::inline v0::http

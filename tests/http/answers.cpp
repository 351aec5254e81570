// Answers questions about HTTP, one a line, for oracle_test.py. Arguments and answers are in hex,
// so that they can hold any bytes.
#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "http/date.hpp"
#include "http/listing.hpp"
#include "http/mime_types.hpp"
#include "http/response_head.hpp"
#include "http/target.hpp"
#include "http/text_out.hpp"

namespace {

using namespace sluice::http;
using arguments = std::vector<std::string>;

std::string unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(hex_value(text[i]) * 16 + hex_value(text[i + 1]));
  }
  return bytes;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += hex_digits[static_cast<unsigned char>(c) >> 4];
    text += hex_digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

template <class Put>
std::string put(Put&& write) {
  std::string room(64 * 1024, '\0');
  text_out out(room);
  write(out);
  return std::string(out.text());
}

std::string read_date(const arguments& a) {
  const auto date = parse_date(a[0], std::stoll(a[1]));
  return date ? std::to_string(*date) : "none";
}

std::string date_text(const arguments& a) {
  char text[date_size];
  write_date(std::stoll(a[0]), text);
  return {text, date_size};
}

std::string path_of(const arguments& a) {
  std::string room(a[0].size() + 2, '\0');
  const resolved_target t = resolve_target(a[0], room, {.hidden = true});
  return t.status != 0 ? std::to_string(t.status) : (t.directory ? "d" : "f") + std::string(t.path);
}

std::string type_of(const arguments& a) {
  mime_types types;
  types.load(a[1]);
  return std::string(types.of(a[0]));
}

/// A whole response with ranges of a file: value of Range, then the file.
std::string ranges(const arguments& a) {
  const byte_ranges asked = byte_ranges::parse(a[0], a[1].size());
  const multipart_frame frame("a-boundary", "text/plain", a[1].size());
  response_head head{.status = 206, .type = "text/plain", .file_size = a[1].size()};
  std::string body;
  const auto list = asked.list();
  const auto part = [&](const byte_range& r) { return a[1].substr(r.first, r.size); };
  if (list.size() == 1) {
    head.range = &list[0];
    head.length = list[0].size;
    body = part(list[0]);
  } else {
    head.parts = &frame;
    head.length = frame.length(list);
    for (const byte_range& r : list) {
      body += put([&](text_out& out) { frame.put_head(out, r); }) + part(r);
    }
    body += put([&](text_out& out) { frame.put_end(out); });
  }
  char room[1024];
  return std::string(room, write_head(room, head)) + body;
}

/// Names of a directory at the first argument.
std::string listing(const arguments& a) {
  std::vector<listing_entry> entries;
  for (std::size_t i = 1; i < a.size(); ++i)
    entries.push_back({a[i], i % 3 == 0, i * 1000, 1000});
  listing_page page(a[0], entries, {});
  std::string all;
  std::string room(listing_page::least_room, '\0');
  while (const std::size_t n = page.write(room))
    all.append(room, 0, n);
  return all;
}

const std::map<std::string, std::string (*)(const arguments&)> questions = {
    {"read_date", read_date},
    {"write_date", date_text},
    {"path", path_of},
    {"quote",
     [](const arguments& a) { return put([&](text_out& out) { put_url_path(out, a[0]); }); }},
    {"html", [](const arguments& a) { return put([&](text_out& out) { put_html(out, a[0]); }); }},
    {"type", type_of},
    {"ranges", ranges},
    {"listing", listing},
};

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string question;
    words >> question;
    arguments given;
    for (std::string word; words >> word;)
      given.push_back(unhex(word.substr(1)));
    std::cout << hex(questions.at(question)(given)) << '\n';
  }
  return 0;
}

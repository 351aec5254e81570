#include "json.hpp"

namespace sluice::tool {

namespace {

/// Bytes of the UTF-8 character in front: no overlong forms, no surrogates. 0: it is none.
std::size_t utf8_size(std::string_view rest) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t n = first >= 0xc2 && first < 0xe0   ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (n == 0 || rest.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool beyond = (first == 0xed && byte(1) >= 0xa0) || (first == 0xf4 && byte(1) >= 0x90);
  return overlong || beyond ? 0 : n;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t n = utf8_size(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

void append_string(std::string& to, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  to += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      to += "\\u00";
      to += hex[byte >> 4];
      to += hex[byte & 15];
    } else {
      to += c;
    }
  }
  to += '"';
}

std::string base64(std::string_view bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (; !bytes.empty(); bytes.remove_prefix(bytes.size() < 3 ? bytes.size() : 3)) {
    const auto byte = [&](std::size_t i) {
      return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
    };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    text += digits[group >> 18];
    text += digits[group >> 12 & 63];
    text += bytes.size() > 1 ? digits[group >> 6 & 63] : '=';
    text += bytes.size() > 2 ? digits[group & 63] : '=';
  }
  return text;
}

}  // namespace

void json_line::begin(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  append_string(text_, name);
  text_ += ':';
}

void json_line::add(const char* name, std::string_view text) {
  begin(name);
  append_string(text_, text);
}

void json_line::add(const char* name, std::uint64_t number) {
  begin(name);
  text_ += std::to_string(number);
}

void json_line::add_flag(const char* name, bool yes) {
  begin(name);
  text_ += yes ? "true" : "false";
}

void json_line::add_bytes(const char* name, std::string_view bytes) {
  if (is_utf8(bytes)) return add(name, bytes);
  std::string encoded = name;
  encoded += "_base64";
  add(encoded.c_str(), base64(bytes));
}

std::string json_line::take() {
  std::string whole;
  whole.swap(text_);
  text_ += '{';
  whole += "}\n";
  return whole;
}

}  // namespace sluice::tool

#include "json.hpp"

#include <charconv>

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

}  // namespace

template <class Text>
void json_object<Text>::put(std::string_view text) {
  for (const char c : text) to_ += c;
}

template <class Text>
void json_object<Text>::put_string(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  to_ += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to_ += '\\';
      to_ += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      put("\\u00");
      to_ += hex[byte >> 4];
      to_ += hex[byte & 15];
    } else {
      to_ += c;
    }
  }
  to_ += '"';
}

template <class Text>
void json_object<Text>::put_base64(std::string_view bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  to_ += '"';
  for (; !bytes.empty(); bytes.remove_prefix(bytes.size() < 3 ? bytes.size() : 3)) {
    const auto byte = [&](std::size_t i) {
      return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
    };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    to_ += digits[group >> 18];
    to_ += digits[group >> 12 & 63];
    to_ += bytes.size() > 1 ? digits[group >> 6 & 63] : '=';
    to_ += bytes.size() > 2 ? digits[group & 63] : '=';
  }
  to_ += '"';
}

template <class Text>
void json_object<Text>::begin(std::string_view name, std::string_view more) {
  to_ += begun_ ? ',' : '{';
  begun_ = true;
  to_ += '"';
  put(name);
  put(more);
  put("\":");
}

template <class Text>
void json_object<Text>::add(const char* name, std::string_view text) {
  begin(name);
  put_string(text);
}

template <class Text>
void json_object<Text>::add(const char* name, std::uint64_t number) {
  begin(name);
  char digits[20];
  const std::to_chars_result all = std::to_chars(digits, digits + sizeof digits, number);
  put({digits, all.ptr});
}

template <class Text>
void json_object<Text>::add_flag(const char* name, bool yes) {
  begin(name);
  put(yes ? "true" : "false");
}

template <class Text>
void json_object<Text>::add_bytes(const char* name, std::string_view bytes) {
  if (is_utf8(bytes)) return add(name, bytes);
  begin(name, "_base64");
  put_base64(bytes);
}

template <class Text>
void json_object<Text>::end() {
  put(begun_ ? "}\n" : "{}\n");
  begun_ = false;
}

template class json_object<std::string>;
template class json_object<urgent_text>;

}  // namespace sluice::tool

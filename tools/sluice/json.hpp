// What is printed as JSON: one object a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "urgent.hpp"

namespace sluice::tool {

/// Makes one object, member by member, of characters that `Text` takes by +=. Nothing else is allocated:
/// where Text doesn't either, it can be done in a signal handler.
template <class Text>
class json_object {
 public:
  explicit json_object(Text& to) noexcept : to_(to) {}
  json_object(const json_object&) = delete;
  json_object& operator=(const json_object&) = delete;

  void add(const char* name, std::string_view text);
  void add(const char* name, std::uint64_t number);
  void add_flag(const char* name, bool yes);
  /// As text if it is UTF-8, else as NAME_base64.
  void add_bytes(const char* name, std::string_view bytes);
  /// With its newline.
  void end();

 private:
  void begin(std::string_view name, std::string_view more = {});
  void put(std::string_view text);
  void put_string(std::string_view text);
  void put_base64(std::string_view bytes);

  Text& to_;
  bool begun_ = false;
};

extern template class json_object<std::string>;
extern template class json_object<urgent_text>;

/// One that is text in the end.
class json_line : public json_object<std::string> {
 public:
  json_line() noexcept : json_object(text_) {}
  std::string take() {
    end();
    return std::move(text_);
  }

 private:
  std::string text_;
};

}  // namespace sluice::tool

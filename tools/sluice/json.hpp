// What is printed as JSON: one object a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::tool {

/// Makes one object, member by member.
class json_line {
 public:
  void add(const char* name, std::string_view text);
  void add(const char* name, std::uint64_t number);
  void add_flag(const char* name, bool yes);
  /// As text if it is UTF-8, else as NAME_base64.
  void add_bytes(const char* name, std::string_view bytes);
  /// With its newline.
  std::string take();

 private:
  void begin(std::string_view name);

  std::string text_ = "{";
};

}  // namespace sluice::tool

// The type of a file by the ending of its name.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace sluice::inline v0::http {

/// Filled at the start, then only read, by any number of threads.
class mime_types {
 public:
  /// What the web needs, so that a machine without /etc/mime.types serves pages that work.
  mime_types();

  /// Adds the lines of a mime.types file, as Debian's media-types installs: a type, then endings; # begins
  /// a comment. What it says of an ending beats what was known. Lines that are none are left out.
  void load(std::string_view text);

  /// For a name or a path; case does not matter. Text comes with "; charset=utf-8". What is not known is
  /// application/octet-stream. Valid as long as this.
  std::string_view of(std::string_view name) const noexcept;

 private:
  struct hashed {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>()(s); }
  };
  void add(std::string_view ending, std::string_view type);

  std::unordered_map<std::string, std::string, hashed, std::equal_to<>> types_;
};

}  // namespace sluice::inline v0::http

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sluice::tool {

/// Writes to standard error, at once; also in signal handlers. What nobody takes within a moment is
/// lost: whoever writes it is about to end.
void write_urgently(std::string_view text) noexcept;

/// A line on standard error, put together without allocating; written when it is full, or ends.
class urgent_line {
 public:
  urgent_line() noexcept = default;
  ~urgent_line();
  urgent_line(const urgent_line&) = delete;
  urgent_line& operator=(const urgent_line&) = delete;

  void add(std::string_view text) noexcept;
  /// A name in quotes, for a shell the very same bytes: as `quoted` has it where only ASCII can be
  /// shown. What else can be is not to be found out here.
  void add_quoted(std::string_view name) noexcept;

 private:
  void add(char c) noexcept;
  void write_out() noexcept;

  std::array<char, 1024> text_;
  std::size_t used_ = 0;
};

}  // namespace sluice::tool

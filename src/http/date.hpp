// Points in time as HTTP writes them: seconds since 1970, UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::inline v0::http {

inline constexpr std::size_t date_size = 29;  // "Sun, 06 Nov 1994 08:49:37 GMT"

/// Writes the one form that servers may send. The years are clamped to 0 to 9999.
void write_date(std::int64_t seconds, std::span<char, date_size> out) noexcept;

/// Reads any of the three forms that clients may send; nothing if `text` is none of them exactly. The
/// day of the week is not compared with the date. `now` decides the century of a year with two digits:
/// not more than 50 years ahead.
std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now) noexcept;

/// Day, month and time of a point in time, for other forms of text.
struct civil_time {
  int year, month, day;  // from 1
  int hour, minute, second;
  int weekday;  // 0 is Sunday
};
civil_time civil(std::int64_t seconds) noexcept;
std::string_view month_name(int month) noexcept;  // "Jan" for 1

/// Writes `value` as digits with leading zeros into the whole of `out`.
void write_digits(int value, std::span<char> out) noexcept;

/// A date that is asked for often and changes once a second. For one thread.
class date_cache {
 public:
  /// Valid until the next call.
  std::string_view text(std::int64_t now) noexcept {
    if (now != now_) {
      write_date(now, text_);
      now_ = now;
    }
    return {text_, date_size};
  }

 private:
  std::int64_t now_ = INT64_MIN;
  char text_[date_size];
};

}  // namespace sluice::inline v0::http

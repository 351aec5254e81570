#include "http/date.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "http/ascii.hpp"

namespace sluice::inline v0::http {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> short_days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_days = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr std::int64_t first_second = sys_seconds(sys_days(year(0) / 1 / 1)).time_since_epoch().count();
constexpr std::int64_t last_second =
    sys_seconds(sys_days(year(9999) / 12 / 31)).time_since_epoch().count() + 86399;

/// Takes a date apart from left to right; after the first piece that does not fit, nothing does.
class reader {
 public:
  explicit reader(std::string_view text) noexcept : rest_(text) {}

  void literal(std::string_view wanted) noexcept {
    good_ = good_ && rest_.starts_with(wanted);
    if (good_) rest_.remove_prefix(wanted.size());
  }
  int digits(std::size_t count) noexcept {
    good_ = good_ && rest_.size() >= count && std::ranges::all_of(rest_.substr(0, count), is_digit);
    if (!good_) return 0;
    int value = 0;
    for (const char c : rest_.substr(0, count)) value = value * 10 + (c - '0');
    rest_.remove_prefix(count);
    return value;
  }
  template <std::size_t N>
  int name(const std::array<std::string_view, N>& names) noexcept {
    for (std::size_t i = 0; good_ && i < N; ++i) {
      if (!rest_.starts_with(names[i])) continue;
      rest_.remove_prefix(names[i].size());
      return static_cast<int>(i);
    }
    good_ = false;
    return 0;
  }
  /// asctime pads the day with a blank.
  int padded_day() noexcept {
    if (!rest_.starts_with(' ')) return digits(2);
    literal(" ");
    return digits(1);
  }
  bool at_end() const noexcept { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

void read_time(reader& r, civil_time& t) noexcept {
  t.hour = r.digits(2);
  r.literal(":");
  t.minute = r.digits(2);
  r.literal(":");
  t.second = r.digits(2);
}

std::optional<std::int64_t> seconds_of(const civil_time& t) noexcept {
  const year_month_day date = year(t.year) / t.month / t.day;
  // 60 is a leap second, which our seconds do not count: the one before it stands for it.
  if (!date.ok() || t.hour > 23 || t.minute > 59 || t.second > 60) return {};
  const auto time = hours(t.hour) + minutes(t.minute) + seconds(std::min(t.second, 59));
  return sys_seconds(sys_days(date) + time).time_since_epoch().count();
}

/// Sun, 06 Nov 1994 08:49:37 GMT, or Sunday, 06-Nov-94 08:49:37 GMT
bool read_gmt(std::string_view text, civil_time& t, const std::array<std::string_view, 7>& days,
              std::string_view between, std::size_t year_digits) noexcept {
  reader r(text);
  t.weekday = r.name(days);
  r.literal(", ");
  t.day = r.digits(2);
  r.literal(between);
  t.month = r.name(months) + 1;
  r.literal(between);
  t.year = r.digits(year_digits);
  r.literal(" ");
  read_time(r, t);
  r.literal(" GMT");
  return r.at_end();
}

/// Sun Nov  6 08:49:37 1994
bool read_asctime(std::string_view text, civil_time& t) noexcept {
  reader r(text);
  t.weekday = r.name(short_days);
  r.literal(" ");
  t.month = r.name(months) + 1;
  r.literal(" ");
  t.day = r.padded_day();
  r.literal(" ");
  read_time(r, t);
  r.literal(" ");
  t.year = r.digits(4);
  return r.at_end();
}

}  // namespace

civil_time civil(std::int64_t s) noexcept {
  const sys_seconds when{seconds(std::clamp(s, first_second, last_second))};
  const sys_days day = floor<days>(when);
  const year_month_day date(day);
  const hh_mm_ss time(when - day);
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count()),
          static_cast<int>(weekday(day).c_encoding())};
}

std::string_view month_name(int month) noexcept { return months[static_cast<std::size_t>(month - 1)]; }

void write_digits(int value, std::span<char> out) noexcept {
  for (std::size_t i = out.size(); i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

void write_date(std::int64_t when, std::span<char, date_size> out) noexcept {
  const civil_time t = civil(when);
  std::memcpy(out.data(), "___, __ ___ ____ __:__:__ GMT", date_size);
  std::memcpy(&out[0], short_days[static_cast<std::size_t>(t.weekday)].data(), 3);
  write_digits(t.day, out.subspan<5, 2>());
  std::memcpy(&out[8], month_name(t.month).data(), 3);
  write_digits(t.year, out.subspan<12, 4>());
  write_digits(t.hour, out.subspan<17, 2>());
  write_digits(t.minute, out.subspan<20, 2>());
  write_digits(t.second, out.subspan<23, 2>());
}

std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now) noexcept {
  civil_time t{};
  if (read_gmt(text, t, short_days, " ", 4) || read_asctime(text, t)) return seconds_of(t);
  if (!read_gmt(text, t, long_days, "-", 2)) return {};
  const int this_year = civil(now).year;
  t.year += this_year / 100 * 100;
  if (t.year > this_year + 50) t.year -= 100;
  return seconds_of(t);
}

}  // namespace sluice::inline v0::http

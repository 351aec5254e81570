// Dates in HTTP: the one form that is written and the three that are read.
#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <string>

#include "http/date.hpp"

namespace {

using namespace sluice::http;

constexpr std::int64_t example = 784111777;  // RFC 9110, 5.6.7
constexpr std::int64_t now = 1'795'271'111;  // in 2026

std::string written(std::int64_t seconds) {
  std::string text(date_size, '?');
  write_date(seconds, std::span<char, date_size>(text.data(), date_size));
  return text;
}

/// As the C library has it.
std::string by_strftime(const char* format, std::int64_t seconds) {
  const std::time_t t = seconds;
  std::tm parts{};
  gmtime_r(&t, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

TEST(Date, IsReadInThreeForms) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", now), example);
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994", now), example + 10 * 86400);
  EXPECT_EQ(written(example), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Date, IsRefusedIfItIsNone) {
  for (const char* text :
       {"", "0", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 23:60:00 GMT",
        "Sun, 06 Nov 1994 23:59:61 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov 06 08:49:37 1994 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_date(text, now)) << text;
  }
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", now),
            parse_date("Sat, 31 Dec 2016 23:59:59 GMT", now));
  EXPECT_TRUE(parse_date("Thu, 29 Feb 2024 00:00:00 GMT", now));
  EXPECT_FALSE(parse_date("Wed, 29 Feb 2023 00:00:00 GMT", now));
}

TEST(Date, OfTwoDigitsIsNotFarAhead) {
  // In 2026: up to 2076.
  EXPECT_EQ(civil(*parse_date("Sunday, 06-Nov-76 08:49:37 GMT", now)).year, 2076);
  EXPECT_EQ(civil(*parse_date("Sunday, 06-Nov-77 08:49:37 GMT", now)).year, 1977);
  EXPECT_EQ(civil(*parse_date("Sunday, 06-Nov-00 08:49:37 GMT", now)).year, 2000);
}

TEST(Date, IsWhatTheCLibraryWrites) {
  std::mt19937_64 lot(3);
  std::uniform_int_distribution<std::int64_t> seconds(-30'000'000'000, 250'000'000'000);
  for (int i = 0; i < 50'000; ++i) {
    const std::int64_t s = i < 4000 ? std::int64_t{i} * 86400 * 37 : seconds(lot);
    ASSERT_EQ(written(s), by_strftime("%a, %d %b %Y %H:%M:%S GMT", s)) << s;
    ASSERT_EQ(parse_date(written(s), now), s);
    ASSERT_EQ(parse_date(by_strftime("%a %b %e %H:%M:%S %Y", s), now), s);
    const int year = civil(s).year;
    if (year > 1977 && year < 2076) {
      ASSERT_EQ(parse_date(by_strftime("%A, %d-%b-%y %H:%M:%S GMT", s), now), s);
    }
  }
}

TEST(Date, IsClampedToFourDigits) {
  EXPECT_EQ(written(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(written(INT64_MIN), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(Date, IsKeptForASecond) {
  date_cache cache;
  const std::string_view first = cache.text(example);
  EXPECT_EQ(first, written(example));
  EXPECT_EQ(cache.text(example).data(), first.data());
  EXPECT_EQ(cache.text(example + 1), written(example + 1));
  EXPECT_EQ(cache.text(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace

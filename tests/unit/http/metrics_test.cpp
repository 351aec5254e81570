// Counters and histograms, and their text.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "http/metrics.hpp"
#include "http/text_out.hpp"

namespace {

using namespace sluice::http;

TEST(Metrics, AreWrittenAsText) {
  char room[1000];
  text_out out(room);
  metrics_text text(out);
  text.begin("requests_total", "counter", "Requests answered.");
  text.value(7);
  text.value("path", "a\"b\\c\nd", 8);
  EXPECT_EQ(out.text(),
            "# HELP requests_total Requests answered.\n"
            "# TYPE requests_total counter\n"
            "requests_total 7\n"
            "requests_total{path=\"a\\\"b\\\\c\\nd\"} 8\n");
}

TEST(Metrics, OfLevelsMayFallInAnotherThread) {
  counter up;
  counter down;
  up.add(5);
  down.subtract(3);
  EXPECT_EQ(up.value() + down.value(), 2u);
}

TEST(Histogram, CountsInItsClasses) {
  duration_histogram h;
  const std::uint64_t edge = 1 << duration_histogram::first_bit;
  for (const std::uint64_t ns : {std::uint64_t{0}, std::uint64_t{1}, edge, edge + 1, 2 * edge,
                                 2 * edge + 1, UINT64_MAX / 2}) {
    h.add(ns);
  }
  merged_histogram all;
  all.add(h);
  EXPECT_EQ(all.in_class(0), 3u);
  EXPECT_EQ(all.in_class(1), 2u);
  EXPECT_EQ(all.in_class(2), 1u);
  EXPECT_EQ(all.in_class(duration_histogram::classes - 1), 1u);
  EXPECT_EQ(all.count(), 7u);
}

TEST(Histogram, IsWrittenInSeconds) {
  duration_histogram one;
  duration_histogram two;
  one.add(10'000);
  two.add(20'000);
  two.add(3'600'000'000'000);
  merged_histogram all;
  all.add(one);
  all.add(two);
  char room[4000];
  text_out out(room);
  metrics_text text(out);
  text.begin("t_seconds", "histogram", "Times.");
  text.value(all);
  const std::string lines(out.text());
  EXPECT_FALSE(out.full());
  EXPECT_NE(lines.find("t_seconds_bucket{le=\"0.000016384\"} 1\n"), lines.npos) << lines;
  EXPECT_NE(lines.find("t_seconds_bucket{le=\"0.000032768\"} 2\n"), lines.npos);
  EXPECT_NE(lines.find("t_seconds_bucket{le=\"137.438953472\"} 2\n"), lines.npos);
  EXPECT_NE(lines.find("t_seconds_bucket{le=\"+Inf\"} 3\n"), lines.npos);
  EXPECT_NE(lines.find("t_seconds_sum 3600.000030000\n"), lines.npos);
  EXPECT_NE(lines.find("t_seconds_count 3\n"), lines.npos);
}

TEST(Histogram, IsReadWhileItIsCounted) {
  duration_histogram h;
  constexpr std::uint64_t times = 200'000;
  std::thread counting([&] {
    for (std::uint64_t i = 0; i < times; ++i)
      h.add(i);
  });
  std::uint64_t before = 0;
  while (before < times) {
    merged_histogram seen;
    seen.add(h);
    ASSERT_GE(seen.count(), before);
    ASSERT_LE(seen.count(), times);
    before = seen.count();
  }
  counting.join();
}

}  // namespace

#include "../../tools/sluice/latency.hpp"

#include "../../tools/sluice/latency_rows.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace {

using sluice::tool::latencies;

/// What a histogram makes of one time among larger ones.
std::uint64_t seen(std::uint64_t nanoseconds) {
  const auto l = std::make_unique<latencies>();
  l->add(nanoseconds);
  l->add(~std::uint64_t{0});
  return l->quantile(0.5);
}

TEST(Latencies, AreExactWhileSmallAndNeverTooSmall) {
  for (std::uint64_t n = 0; n < 128; ++n) EXPECT_EQ(seen(n), n);
  for (std::uint64_t n = 128; n < std::uint64_t{1} << 62; n += n / 7) {
    EXPECT_GE(seen(n), n);
    EXPECT_LE(seen(n) - n, n / 64);
  }
  EXPECT_EQ(seen(~std::uint64_t{0}), ~std::uint64_t{0});
}

TEST(Latencies, GiveWhatAShareDidNotExceed) {
  const auto l = std::make_unique<latencies>();
  EXPECT_EQ(l->quantile(0.99), 0u);
  for (std::uint64_t n = 1; n <= 100; ++n) l->add(n);
  EXPECT_EQ(l->quantile(0.5), 50u);
  EXPECT_EQ(l->quantile(0.99), 99u);
  EXPECT_EQ(l->quantile(0.999), 100u);
  EXPECT_EQ(l->quantile(1), 100u);
  EXPECT_EQ(l->most(), 100u);
  EXPECT_EQ(l->count(), 100u);
  l->add(1'000'000);
  EXPECT_EQ(l->quantile(1), 1'000'000u);  // never more than the most there was
}

TEST(Latencies, CountWhatTookNoLonger) {
  const auto l = std::make_unique<latencies>();
  EXPECT_EQ(l->up_to(1'000), 0u);
  for (std::uint64_t n = 1; n <= 100; ++n) l->add(n);
  l->add(1'000'000);
  EXPECT_EQ(l->up_to(0), 0u);
  EXPECT_EQ(l->up_to(50), 50u);
  EXPECT_EQ(l->up_to(100), 100u);
  EXPECT_EQ(l->up_to(900'000), 100u);
  EXPECT_EQ(l->up_to(1'000'000), 101u);
}

using rows = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

rows rows_of(std::initializer_list<std::uint64_t> times) {
  const auto l = std::make_unique<latencies>();
  for (const std::uint64_t n : times) l->add(n);
  rows all;
  for (const auto& row : sluice::tool::latency_rows(*l)) all.emplace_back(row.up_to, row.count);
  return all;
}

TEST(Latencies, HaveRowsFromTheShortestToTheLongest) {
  EXPECT_EQ(rows_of({}), rows());
  EXPECT_EQ(rows_of({7}), (rows{{10, 1}}));
  EXPECT_EQ(rows_of({20, 21, 50}), (rows{{20, 1}, {50, 2}}));
  EXPECT_EQ(rows_of({1, 30, 900}),
            (rows{{1, 1}, {2, 0}, {5, 0}, {10, 0}, {20, 0}, {50, 1}, {100, 0}, {200, 0}, {500, 0},
                  {1000, 1}}));
}

TEST(Latencies, HaveARowForWhatLastsForEver) {
  const auto all = rows_of({~std::uint64_t{0}, 1'000'000'000'000'000'000});
  constexpr std::uint64_t much = 1'000'000'000'000'000'000;  // in the middle of a step
  EXPECT_EQ(all, (rows{{2 * much, 1}, {5 * much, 1}}));
}

}  // namespace

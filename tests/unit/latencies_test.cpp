#include "../../tools/sluice/latency.hpp"

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

}  // namespace

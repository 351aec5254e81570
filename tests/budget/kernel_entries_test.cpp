// Many tasks share the loop's entries into the kernel: 32 of them need one for about 32 operations.
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "sluice/sluice.hpp"

namespace {

using sluice::loop;
using sluice::task;

constexpr unsigned depth = 32;
constexpr std::uint64_t each = 500;

task<void> nops(std::uint64_t n) {
  while (n-- > 0) {
    auto done = co_await sluice::system().nop();
    if (!done) std::abort();
  }
}

task<void> reads(sluice::file& f, std::uint64_t n) {
  std::byte buffer[256];
  while (n-- > 0) {
    auto done = co_await f.read_at(buffer, 0);
    if (!done) std::abort();
  }
}

/// All of them side by side; gives what the loop did meanwhile.
template <class Make>
sluice::loop_statistics run_together(loop& l, unsigned tasks, Make make) {
  const auto before = l.statistics();
  l.run(sluice::with_scope([&](sluice::scope& s) -> task<void> {
    for (unsigned i = 0; i < tasks; ++i)
      s.spawn(make());
    co_return;
  }));
  auto after = l.statistics();
  after.kernel_entries -= before.kernel_entries;
  return after;
}

class KernelEntries : public testing::Test {
 protected:
  void SetUp() override {
    if (!l.backend_report().starts_with("io_uring")) {
      GTEST_SKIP() << "this machine refuses io_uring";
    }
  }
  static sluice::loop_options options() {
    sluice::loop_options o;
    o.ways = sluice::way_choice::overlapped;
    return o;
  }
  loop l{options()};
};

TEST_F(KernelEntries, OfNopsAreShared) {
  const auto s = run_together(l, depth, [] { return nops(each); });
  EXPECT_EQ(s.kinds[static_cast<unsigned>(sluice::op_kind::nop)].ring, depth * each);
  EXPECT_GT(s.kernel_entries, 0u);
  EXPECT_LE(s.kernel_entries, depth * each / 16);
}

TEST_F(KernelEntries, OfCachedReadsAreShared) {
  auto f =
      sluice::sync(sluice::system().current_dir().open("/proc/self/exe", sluice::open_mode::read));
  ASSERT_TRUE(f);
  const auto s = run_together(l, depth, [&] { return reads(*f, each); });
  EXPECT_EQ(s.kinds[static_cast<unsigned>(sluice::op_kind::read_at)].ring, depth * each);
  EXPECT_LE(s.kernel_entries, depth * each / 16);
}

/// More at once than the ring has entries.
TEST_F(KernelEntries, OfMoreThanTheRingHolds) {
  const auto s = run_together(l, 1000, [] { return nops(20); });
  EXPECT_EQ(s.kinds[static_cast<unsigned>(sluice::op_kind::nop)].ring, 20000u);
  EXPECT_LE(s.kernel_entries, 20000u / 16);
}

TEST_F(KernelEntries, AreOneEachForASingleTask) {
  const auto s = run_together(l, 1, [] { return nops(each); });
  EXPECT_LE(s.kernel_entries, each + 4);
}

/// Plain calls and tasks that only wait for each other never ask the ring.
TEST(NoKernelEntry, WhereNothingIsSubmitted) {
  sluice::loop_options o;
  o.ways = sluice::way_choice::calls;
  loop l(o);
  if (!l.backend_report().starts_with("io_uring")) GTEST_SKIP() << "this machine refuses io_uring";
  auto here = sluice::system().current_dir();
  const auto s = run_together(l, depth, [&]() -> task<void> {
    return [](sluice::dir& d) -> task<void> {
      for (int i = 0; i < 100; ++i) {
        auto r = co_await d.stat(".");
        if (!r) std::abort();
        co_await sluice::yield();
      }
    }(here);
  });
  EXPECT_LE(s.kernel_entries, 2u);
}

}  // namespace

// A real loop finds the better way while a delay is put into statx and taken out again. The delay
// stands in a statx of our own, which the library calls instead of the C library's.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <vector>

#include "unit/support.hpp"

namespace {

std::atomic<long> delay_ns = 0;
std::atomic<long> work_ns = 0;  // as well, without waiting

}  // namespace

extern "C" int statx(int dir, const char* path, int flags, unsigned mask,
                     struct statx* into) noexcept {
  const long wait = delay_ns.load(std::memory_order_relaxed);
  if (wait > 0) {
    const timespec t{0, wait};
    ::nanosleep(&t, nullptr);
  }
  if (const long work = work_ns.load(std::memory_order_relaxed); work > 0) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(work);
    while (std::chrono::steady_clock::now() < until) {
    }
  }
  return static_cast<int>(::syscall(SYS_statx, dir, path, flags, mask, into));
}

namespace {

using namespace unit;

class Policy : public on_backend {
 protected:
  void TearDown() override { delay_ns = work_ns = 0; }
};
ON_EVERY_BACKEND(Policy);

task<void> stat_one(sluice::dir& d) {
  auto s = co_await d.stat(".", sluice::stat_mask::type);
  EXPECT_TRUE(s);
}

/// `rounds` times 64 in flight.
task<void> storm(int rounds) {
  auto here = sluice::system().current_dir();
  auto each = [&here](int) -> task<void> { return stat_one(here); };
  std::vector<int> items(static_cast<std::size_t>(rounds) * 64);
  auto all = sluice::for_each_concurrent(items, 64, each);
  co_await std::move(all);
}

std::uint64_t flips(const loop& l) {
  return l.statistics().kinds[static_cast<std::size_t>(sluice::op_kind::stat)].flips;
}

/// There is one file system here, so every second change of mind leads back to plain calls.
bool plain(const loop& l) { return flips(l) % 2 == 0; }

TEST_P(Policy, FollowsADelayThatComesAndGoes) {
  loop l(options());
  l.run(storm(20));
  delay_ns = 2'000'000;
  l.run(storm(4));
  EXPECT_FALSE(plain(l)) << "the delay made it leave plain calls";
  const auto k = l.statistics().kinds[static_cast<std::size_t>(sluice::op_kind::stat)];
  EXPECT_GT(k.ring + k.pool, 200u);

  delay_ns = 0;
  for (int i = 0; i < 1000 && !plain(l); ++i) l.run(storm(4));
  EXPECT_TRUE(plain(l)) << "it came back when calls were cheap again";

  const auto back = flips(l);
  delay_ns = 2'000'000;
  l.run(storm(4));
  EXPECT_FALSE(plain(l)) << "and left once more";
  EXPECT_GT(flips(l), back);
}

TEST_P(Policy, FixedWaysAreKept) {
  for (auto way : {sluice::way_choice::calls, sluice::way_choice::overlapped}) {
    loop l(options(way));
    delay_ns = 300'000;
    l.run(storm(1));
    delay_ns = 0;
    l.run(storm(4));
    const auto k = l.statistics().kinds[static_cast<std::size_t>(sluice::op_kind::stat)];
    EXPECT_EQ(way == sluice::way_choice::calls ? k.calls : k.ring + k.pool, 5u * 64);
    EXPECT_EQ(k.flips, 0u);
  }
}

/// Another thread would have as much to do, and the loop the way there.
TEST(PolicyOfAPool, CallsThatOnlyWorkStayCalls) {
  sluice::loop_options options;
  options.backend = sluice::backend_choice::pool;
  loop l(options);
  work_ns = 100'000;
  l.run(storm(20));
  work_ns = 0;
  const auto k = l.statistics().kinds[static_cast<std::size_t>(sluice::op_kind::stat)];
  // One in whose midst the core is taken away may be told from one that waits by the kernel only.
  EXPECT_GT(k.calls, 20u * 64 * 9 / 10);
}

}  // namespace

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "sluice/sluice.hpp"

namespace {

using sluice::loop;
using sluice::task;

task<int> leaf(int n) { co_return n; }

task<int> chain(int depth) {
  if (depth == 0) co_return 0;
  auto deeper = chain(depth - 1);
  const int below = co_await std::move(deeper);
  co_return below + 1;
}

task<long> many_awaits(int n) {
  long sum = 0;
  for (int i = 0; i < n; ++i) {
    auto t = leaf(i);
    sum += co_await std::move(t);
  }
  co_return sum;
}

task<long> many_operations(int n) {
  auto here = sluice::system().current_dir();
  long good = 0;
  for (int i = 0; i < n; ++i) {
    auto s = co_await here.stat(".", sluice::stat_mask::type);
    if (s.has_value()) ++good;
  }
  co_return good;
}

TEST(Stack, AMillionAwaitsInARow) {
  loop l;
  EXPECT_EQ(l.run(many_awaits(1'000'000)), 499999500000);
}

TEST(Stack, AChainOfAMillion) {
  loop l;
  EXPECT_EQ(l.run(chain(1'000'000)), 1'000'000);
}

TEST(Stack, AMillionOperationsThatFinishAtOnce) {
  sluice::loop_options o;
  o.ways = sluice::way_choice::calls;
  loop l(o);
  EXPECT_EQ(l.run(many_operations(1'000'000)), 1'000'000);
}

TEST(Stack, SynchronousTasksToo) {
  EXPECT_EQ(sluice::sync(chain(1'000'000)), 1'000'000);
  EXPECT_EQ(sluice::sync(many_awaits(1'000'000)), 499999500000);
}

task<int> nops(int n) {
  int done = 0;
  for (int i = 0; i < n; ++i) {
    auto r = co_await sluice::system().nop();
    if (r) ++done;
  }
  co_return done;
}

TEST(Loop, NopsGoThroughTheBackend) {
  loop l;
  EXPECT_EQ(l.run(nops(1000)), 1000);
  const auto k = l.statistics().kinds[static_cast<int>(sluice::op_kind::nop)];
  EXPECT_EQ(k.calls + k.ring + k.pool, 1000u);
}

TEST(Loop, SleepsAsLongAsAsked) {
  loop l;
  const auto before = l.now();
  auto r = l.run([]() -> task<sluice::result<void>> {
    auto slept = co_await sluice::system().sleep(20'000'000);
    co_return slept;
  }());
  EXPECT_TRUE(r.has_value());
  EXPECT_GE(l.now() - before, 20'000'000);
}

TEST(Loop, DeadlineEndsAReadThatWaits) {
  loop l;
  auto ends = sluice::system().make_pipe().value();
  std::byte buffer[16];
  auto r = l.run([](sluice::stream& from, std::span<std::byte> into)
                     -> task<sluice::result<std::size_t>> {
    auto n = co_await from.read_some(into).within(10'000'000);
    co_return n;
  }(ends.reader, buffer));
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error(), sluice::errc::timed_out);
}

TEST(Loop, PostsFromOtherThreadsAllArrive) {
  loop l;
  struct count_job : sluice::job {
    int* count;
  };
  int count = 0;
  std::vector<count_job> jobs(2000);
  for (auto& j : jobs) {
    j.count = &count;
    j.run = [](sluice::job& me) noexcept { ++*static_cast<count_job&>(me).count; };
  }
  std::thread other([&] {
    for (auto& j : jobs) l.post(j);
  });
  while (count < 2000) l.run_once();
  other.join();
  EXPECT_EQ(count, 2000);
}

}  // namespace

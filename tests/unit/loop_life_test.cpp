// Loops beside each other, inside other loops, and at their end.
#include <fcntl.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::result;

class Loops : public on_backend {};
ON_EVERY_BACKEND(Loops);

task<result<void>> sleep_for(sluice::time_point_ns t) {
  auto r = co_await sluice::system().sleep(t);
  co_return r;
}
task<result<std::size_t>> read_some(sluice::stream& from, std::span<std::byte> into) {
  auto n = co_await from.read_some(into);
  co_return n;
}

struct counting_job : sluice::job {
  std::atomic<int>* count = nullptr;
  counting_job() {
    run = [](sluice::job& j) noexcept {
      static_cast<counting_job&>(j).count->fetch_add(1, std::memory_order_relaxed);
    };
  }
};

TEST_P(Loops, PostsFromManyThreadsAllArrive) {
  loop l(options());
  constexpr int threads = 8, each = 250;
  std::atomic<int> count = 0;
  std::vector<counting_job> jobs(threads * each);
  for (auto& j : jobs) j.count = &count;
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) l.post(jobs[static_cast<std::size_t>(t * each + i)]);
    });
  }
  while (count.load() < threads * each) l.run_once();
  for (auto& t : posters) t.join();
  EXPECT_EQ(count.load(), threads * each);
  EXPECT_LE(l.statistics().wakeups, static_cast<unsigned>(threads * each));
}

TEST_P(Loops, APostToALoopThatIsAwakeCostsNoWakeup) {
  loop l(options());
  settle(l);
  struct poster : sluice::job {
    loop* to = nullptr;
    int left = 1000;
  } p;
  p.to = &l;
  p.run = [](sluice::job& j) noexcept {
    auto& self = static_cast<poster&>(j);
    if (--self.left > 0) self.to->post(self);
  };
  l.post(p);
  const auto before = l.statistics();
  while (p.left > 0) l.run_once();
  EXPECT_LE(l.statistics().wakeups - before.wakeups, 2u);
}

TEST_P(Loops, StopEndsRunFromAnyThreadAndOnlyOnce) {
  loop l(options());
  for (int i = 0; i < 200; ++i) {
    std::thread other([&] { l.stop(); });
    l.run();
    other.join();
  }
  l.stop();
  l.stop();
  l.run();
  begun<result<void>> b(l, sleep_for(ms));
  EXPECT_TRUE(b.finish(l)) << "a stop that ended run does not linger";
}

TEST_P(Loops, StopLeavesOperationsInFlight) {
  loop l(options());
  auto ends = make_pipe();
  std::byte buffer[4];
  begun<result<std::size_t>> b(l, read_some(ends.reader, buffer));
  std::thread other([&] { l.stop(); });
  l.run();
  other.join();
  EXPECT_FALSE(b.done);
  const std::byte one[1] = {};
  ASSERT_TRUE(sluice::sync(ends.writer.write_some(one)));
  EXPECT_EQ(b.finish(l).value(), 1u);
}

TEST_P(Loops, AStopDoesNotDisturbARunningTask) {
  loop l(options());
  settle(l);
  l.stop();
  const auto before = l.statistics().kernel_entries;
  EXPECT_TRUE(l.run(sleep_for(20 * ms)));
  EXPECT_LE(l.statistics().kernel_entries - before, 20u) << "it did not spin";
}

/// One that names all it waits for each time has no handle for it.
bool cannot_be_watched(loop& l, sluice::backend_choice by) {
  const bool has_none = l.native_handle() < 0;
  EXPECT_EQ(has_none, by == sluice::backend_choice::pool);
  return has_none;
}

/// As somebody else's event loop would: waits in poll, and turns when told.
template <class Done>
int drive(loop& l, Done done) {
  int turns = 0;
  const int handle = l.native_handle();
  l.run_once(0);
  while (!done()) {
    const auto next = l.next_deadline();
    int wait = -1;
    if (next != sluice::never) {
      const auto left = next == 0 ? 0 : next - l.now();
      wait = left <= 0 ? 0 : static_cast<int>((left + ms - 1) / ms);
    }
    pollfd p{handle, POLLIN, 0};
    ::poll(&p, 1, wait < 0 ? 5000 : wait);
    l.run_once(0);
    ++turns;
  }
  return turns;
}

TEST_P(Loops, LiveInsideAForeignPollLoop) {
  loop l(options());
  if (cannot_be_watched(l, GetParam())) return;
  auto ends = make_pipe();
  std::byte buffer[4];
  begun<result<void>> sleeper(l, sleep_for(20 * ms));
  begun<result<std::size_t>> reader(l, read_some(ends.reader, buffer));
  std::atomic<int> count = 0;
  std::vector<counting_job> jobs(500);
  for (auto& j : jobs) j.count = &count;
  std::thread other([&] {
    for (auto& j : jobs) {
      l.post(j);
      if (&j == &jobs[250]) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::byte one[1] = {};
    EXPECT_TRUE(sluice::sync(ends.writer.write_some(one)));
  });
  const int turns =
      drive(l, [&] { return sleeper.done && reader.done && count.load() == 500; });
  other.join();
  EXPECT_EQ(reader.finish(l).value(), 1u);
  EXPECT_TRUE(sleeper.finish(l));
  EXPECT_LT(turns, 2000);
}

task<int> stats(int n) {
  auto here = sluice::system().current_dir();
  int good = 0;
  for (int i = 0; i < n; ++i) {
    auto s = co_await here.stat(".");
    if (s) ++good;
  }
  co_return good;
}

TEST_P(Loops, ForeignLoopSeesOverlappedOperations) {
  loop l(options(sluice::way_choice::overlapped));
  if (cannot_be_watched(l, GetParam())) return;
  begun<int> b(l, stats(300));
  drive(l, [&] { return b.done; });
  EXPECT_EQ(b.finish(l), 300);
}

TEST_P(Loops, RunSideBySideOnThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        loop l(options(sluice::way_choice::overlapped));
        good += l.run(stats(50));
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(good.load(), 4 * 10 * 50);
}

TEST_P(Loops, MayBeMadeOnOneThreadAndRunOnAnother) {
  auto l = std::make_unique<loop>(options(sluice::way_choice::overlapped));
  int good = 0;
  std::thread([&] { good = l->run(stats(100)); }).join();
  EXPECT_EQ(good, 100);
  l.reset();
}

TEST_P(Loops, CloseEndsWhatAnotherLoopHasUnderWay) {
  for (int round = 0; round < 50; ++round) {
    auto ends = make_pipe();
    auto alias = sluice::system().adopt_descriptor<sluice::stream>(
        sluice::system_space::descriptor(ends.reader));
    std::atomic<bool> reading = false;
    result<std::size_t> n = 0;
    std::thread other([&] {
      loop l(options());
      std::byte buffer[4];
      begun<result<std::size_t>> b(l, read_some(ends.reader, buffer));
      settle(l);
      reading = true;
      n = b.finish(l);
    });
    while (!reading) std::this_thread::yield();
    loop mine(options());
    auto closed = mine.run([](sluice::stream& s) -> task<result<void>> {
      auto r = co_await s.close();
      co_return r;
    }(alias));
    EXPECT_TRUE(closed);
    other.join();
    ASSERT_FALSE(n);
    EXPECT_EQ(n.error(), errc::canceled);
    ends.reader.detach();
  }
}

TEST_P(Loops, EndWithSleepsAndReadsPending) {
  auto ends = make_pipe();
  std::vector<std::byte> buffer(600);
  std::vector<std::unique_ptr<begun<result<void>>>> sleeps;
  std::vector<std::unique_ptr<begun<result<std::size_t>>>> reads;
  {
    loop l(options());
    for (std::size_t i = 0; i < buffer.size(); ++i) {
      sleeps.push_back(std::make_unique<begun<result<void>>>(
          l, sleep_for(i % 2 == 0 ? sluice::never : 100'000 * ms)));
      reads.push_back(std::make_unique<begun<result<std::size_t>>>(
          l, read_some(ends.reader, std::span(buffer).subspan(i, 1))));
    }
    for (int turn = 0; turn < 3; ++turn) l.run_once(0);
  }
  for (auto& s : sleeps) {
    ASSERT_TRUE(s->done);
    EXPECT_EQ(s->work.take().error(), errc::canceled);
  }
  for (auto& r : reads) {
    ASSERT_TRUE(r->done);
    EXPECT_EQ(r->work.take().error(), errc::canceled);
  }
}

task<int> stubborn(sluice::stream& from) {
  std::byte buffer[1];
  int refused = 0;
  while (refused < 5) {
    auto n = co_await from.read_some(buffer);
    if (!n) ++refused;
  }
  co_return refused;
}

TEST_P(Loops, EndWithTasksThatBeginSomethingElse) {
  auto ends = make_pipe();
  std::unique_ptr<begun<int>> b;
  {
    loop l(options());
    b = std::make_unique<begun<int>>(l, stubborn(ends.reader));
    l.run_once(0);
  }
  EXPECT_TRUE(b->done);
}

TEST_P(Loops, EndRightAfterTheLastJobOfThePool) {
  // The kernel is some time behind with giving back what rings may have locked; root may lock any amount.
  const int rounds = ::geteuid() == 0 ? 200 : 30;
  for (int i = 0; i < rounds; ++i) {
    loop l(options(sluice::way_choice::overlapped));
    auto all = [](int n) -> task<int> {
      auto here = sluice::system().current_dir();
      char text[64];
      int good = 0;
      for (int k = 0; k < n; ++k) {
        auto r = co_await here.readlink("no such link", text);
        if (!r) ++good;
      }
      co_return good;
    };
    EXPECT_EQ(l.run(all(3)), 3);
  }
}

TEST_P(Loops, MoreWaitingReadsThanTheRingHasRoomDoNotStopTheRest) {
  sluice::loop_options o = options();
  o.ring_entries = 8;
  loop l(o);
  auto idle = make_pipe();
  std::vector<std::byte> buffer(200);
  std::vector<std::unique_ptr<begun<result<std::size_t>>>> reads;
  for (std::size_t i = 0; i < buffer.size(); ++i) {
    reads.push_back(std::make_unique<begun<result<std::size_t>>>(
        l, read_some(idle.reader, std::span(buffer).subspan(i, 1))));
  }
  auto busy = make_pipe();
  std::byte into[4];
  begun<result<std::size_t>> last(l, read_some(busy.reader, into));
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const std::byte one[1] = {};
    EXPECT_TRUE(sluice::sync(busy.writer.write_some(one)));
  });
  EXPECT_EQ(last.finish(l).value(), 1u);
  other.join();
  std::thread stopper([&] { l.stop(); });  // and it can still be woken
  l.run();
  stopper.join();
  ASSERT_TRUE(sluice::sync(idle.writer.close()));
  for (auto& r : reads) EXPECT_EQ(r->finish(l).value(), 0u);
}

TEST_P(Loops, ReleasedHandlesAreClosed) {
  int reader = -1;
  {
    loop l(options());
    auto made = [](int& fd) -> task<void> {
      auto ends = make_pipe();
      fd = sluice::system_space::descriptor(ends.reader);
      co_return;
    };
    l.run(made(reader));
  }
  EXPECT_LT(::fcntl(reader, F_GETFD), 0);
}

TEST_P(Loops, ClosingABorrowedHandleDisturbsNobody) {
  loop l(options(sluice::way_choice::overlapped));
  auto both = [](int rounds) -> task<int> {
    int good = 0;
    auto closing = [](int n) -> task<int> {
      for (int i = 0; i < n; ++i) {
        auto here = sluice::system().current_dir();
        auto closed = co_await here.close();
        EXPECT_TRUE(closed);
      }
      co_return n;
    };
    auto all = sluice::when_all(stats(rounds), closing(rounds));
    auto r = co_await std::move(all);
    good = std::get<0>(r);
    co_return good;
  };
  EXPECT_EQ(l.run(both(300)), 300);
}

#if defined(NDEBUG) || !GTEST_HAS_DEATH_TEST
#define EXPECT_PANIC(statement, why) GTEST_SKIP() << "release builds do not look"
#else
#define EXPECT_PANIC(statement, why) EXPECT_DEATH(statement, why)
#endif

TEST_P(Loops, WithOperationsInFlightAreTheirThreadsToDestroy) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  [[maybe_unused]] auto end_elsewhere = [] {
    auto ends = make_pipe();
    std::byte buffer[1];
    std::unique_ptr<loop> l = std::make_unique<loop>(options());
    std::unique_ptr<begun<result<std::size_t>>> reading;
    std::thread([&] {
      reading = std::make_unique<begun<result<std::size_t>>>(*l, read_some(ends.reader, buffer));
      settle(*l);
    }).join();
    l.reset();
  };
  EXPECT_PANIC(end_elsewhere(), "destroyed on another thread");
}

}  // namespace

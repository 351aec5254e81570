// Several loops on threads of their own.
#include "sluice/cores.hpp"

#include <sched.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "loop/usable_cores.hpp"
#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::core;
using sluice::cores;
using sluice::cores_options;
using sluice::result;

class Cores : public on_backend {
 protected:
  static cores_options three() {
    cores_options o;
    o.count = 3;
    o.loop = options();
    return o;
  }
};
ON_EVERY_BACKEND(Cores);

task<std::thread::id> where() { co_return std::this_thread::get_id(); }
task<int> fail() {
  throw std::runtime_error("on a core");
  co_return 0;
}
task<int> twice(int n) {
  auto slept = co_await sluice::system().sleep(1);
  co_return slept ? 2 * n : -1;
}

TEST_P(Cores, EachHasAThreadOfItsOwn) {
  cores all(three());
  ASSERT_EQ(all.size(), 3u);
  std::set<std::thread::id> seen = {std::this_thread::get_id()};
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(all[i].index(), i);
    EXPECT_EQ(&all[i].of(), &all);
    const auto first = all.run_on(i, where());
    EXPECT_EQ(all.run_on(i, where()), first) << "always the same";
    seen.insert(first);
  }
  EXPECT_EQ(seen.size(), 4u) << "three besides this one";
}

TEST_P(Cores, ThereAreAsManyAsMayBeUsed) {
  cores_options o;
  o.loop = options();
  o.pin = true;
  cores all(o);
  EXPECT_GE(all.size(), 1u);
  EXPECT_LE(all.size(), std::max(1u, std::thread::hardware_concurrency()));
  auto allowed = []() -> task<int> {
    cpu_set_t set;
    co_return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : -1;
  };
  EXPECT_EQ(all.run_on(0, allowed()), 1) << "pinned";
}

TEST_P(Cores, RunOnGivesResultsAndExceptions) {
  cores all(three());
  EXPECT_EQ(all.run_on(1, twice(21)), 42);
  EXPECT_THROW(all.run_on(2, fail()), std::runtime_error);
  EXPECT_EQ(all.run_on(2, twice(1)), 2) << "what one caller hears of concerns nobody else";
}

task<int> ask_all(cores& all) {
  int sum = 0;
  for (unsigned i = 0; i < all.size(); ++i) {
    auto there = all.on(i, twice(static_cast<int>(i) + 1));
    sum += co_await std::move(there);
  }
  co_return sum;
}

TEST_P(Cores, ALoopOutsideAndACoreMayAsk) {
  cores all(three());
  loop outside(options());
  EXPECT_EQ(outside.run(ask_all(all)), 12);
  EXPECT_EQ(all.run_on(0, ask_all(all)), 12);
}

TEST_P(Cores, RunRunsMainOnEach) {
  cores all(three());
  std::atomic<unsigned> seen = 0;
  for (int round = 0; round < 20; ++round) {
    seen = 0;
    all.run([&](core& c) -> task<void> {
      EXPECT_EQ(sluice::port::current_driver(), &c.on());
      auto slept = co_await sluice::system().sleep(1);
      if (slept) seen += 1u << c.index();
    });
    EXPECT_EQ(seen, 7u);
  }
}

TEST_P(Cores, TheFirstExceptionStopsTheRestAndLeaves) {
  cores all(three());
  std::atomic<int> stopped = 0;
  auto main = [&](core& c) -> task<void> {
    if (c.index() == 1) throw std::runtime_error("one of three");
    auto slept = co_await sluice::system().sleep(3'600'000 * ms);
    stopped += !slept && slept.error() == errc::canceled ? 1 : 0;
  };
  EXPECT_THROW(all.run(main), std::runtime_error);
  EXPECT_EQ(stopped, 2);
  EXPECT_NO_THROW(all.join()) << "told once";
}

struct outcomes {
  std::atomic<int> begun = 0;
  std::atomic<int> canceled = 0;
  std::atomic<int> other = 0;
  void take(const sluice::error& e) { e == errc::canceled ? ++canceled : ++other; }
};

task<void> read_forever(sluice::stream& from, outcomes& o) {
  std::byte buffer[1];
  ++o.begun;
  auto n = co_await from.read_some(buffer);
  o.take(n ? sluice::error() : n.error());
}

/// Awaits a task on the next core, which sleeps.
task<void> wait_for_next(core& c, outcomes& o) {
  auto nap = [](outcomes& out) -> task<void> {
    ++out.begun;
    auto slept = co_await sluice::system().sleep(3'600'000 * ms);
    out.take(slept ? sluice::error() : slept.error());
  };
  auto next = c.of().on((c.index() + 1) % c.of().size(), nap(o));
  co_await std::move(next);
}

TEST_P(Cores, EndWithOperationsInFlightOnAll) {
  for (int round = 0; round < 20; ++round) {
    auto ends = make_pipe();
    outcomes o;
    {
      cores all(three());
      for (unsigned i = 0; i < 3; ++i) {
        all.spawn(i, read_forever(ends.reader, o));
        all.spawn(i, wait_for_next(all[i], o));
      }
      while (o.begun < (round % 2 == 0 ? 6 : 1)) std::this_thread::yield();
    }
    ASSERT_EQ(o.other, 0);
    ASSERT_EQ(o.canceled, o.begun) << "those begun after the stop hear of it, too";
  }
}

TEST_P(Cores, StopMayComeFromAnywhereAndMoreThanOnce) {
  cores all(three());
  outcomes o;
  auto ends = make_pipe();
  for (unsigned i = 0; i < 3; ++i) all.spawn(i, read_forever(ends.reader, o));
  auto stop_them = [](cores& these) -> task<void> {
    these.stop();
    co_return;
  };
  all.spawn(1, stop_them(all));
  std::thread other([&] { all.stop(); });
  all.join();
  other.join();
  EXPECT_EQ(o.canceled, 3);
}

TEST_P(Cores, RefuseToWaitForThemselves) {
  cores all(three());
  auto wait = [](cores& these) -> task<bool> {
    try {
      these.join();
    } catch (const std::system_error& e) {
      co_return e.code() == std::errc::resource_deadlock_would_occur;
    }
    co_return false;
  };
  EXPECT_TRUE(all.run_on(0, wait(all)));
}

TEST_P(Cores, SpawnFromManyThreadsLosesNone) {
  cores all(three());
  std::atomic<int> count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      auto one = [](std::atomic<int>& n) -> task<void> {
        ++n;
        co_return;
      };
      for (unsigned i = 0; i < 500; ++i) all.spawn(i % 3, one(count));
    });
  }
  for (auto& t : threads) t.join();
  all.join();
  EXPECT_EQ(count, 2000);
}

TEST_P(Cores, ALoopThatSomebodyStoppedGoesOn) {
  cores all(three());
  all[0].on().stop();
  EXPECT_EQ(all.run_on(0, twice(4)), 8);
}

TEST(UsableCores, AQuotaIsRoundedUp) {
  using sluice::cores_by_quota;
  EXPECT_EQ(cores_by_quota("200000 100000"), 2u);
  EXPECT_EQ(cores_by_quota("150000 100000"), 2u);
  EXPECT_EQ(cores_by_quota("1000 100000"), 1u);
  EXPECT_EQ(cores_by_quota("max 100000"), 0u);
  EXPECT_EQ(cores_by_quota(""), 0u);
  EXPECT_EQ(cores_by_quota("100000"), 0u);
  EXPECT_EQ(cores_by_quota("100000 0"), 0u);
}

}  // namespace

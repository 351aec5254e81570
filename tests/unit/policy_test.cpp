// The policy alone, with made-up times.
#include "backend/policy.hpp"

#include <gtest/gtest.h>

namespace {

using sluice::lane;
using sluice::time_point_ns;

/// A machine on which a plain call and an overlapped operation cost what the test says.
struct machine {
  lane way{};
  time_point_ns call_cost, overlapped_cost;
  time_point_ns clock = 1'000'000;
  time_point_ns suspicious = lane::suspicious_call;
  unsigned in_flight = 64;
  unsigned pending = 0;
  std::uint64_t turn = 0;
  bool ring = false;  // where the loop tells what each has cost
  long plain = 0, overlapped = 0;

  machine(time_point_ns call, time_point_ns over) : call_cost(call), overlapped_cost(over) {}

  void complete_one() {
    clock += overlapped_cost;
    --pending;
    if (ring) {
      way.completed_for(overlapped_cost);
    } else {
      way.completed([this] { return clock; }, ++turn);
    }
  }
  void one() {
    if (way.plain()) {
      ++plain;
      clock += call_cost;
      way.called(call_cost, 1, suspicious);
    } else {
      ++overlapped;
      if (!ring) way.begun([this] { return clock; });
      if (++pending >= in_flight) complete_one();
    }
  }
  void run(long operations) {
    for (long i = 0; i < operations; ++i) one();
    while (pending > 0) complete_one();
  }
  /// One of many: only where calls follow has everything completed that was begun before.
  void run_on() {
    while (pending > 0 && !way.overlapped()) complete_one();
    one();
  }
};

TEST(Lane, StaysWithCheapCalls) {
  machine m(1'000, 8'000);
  m.run(100'000);
  EXPECT_EQ(m.overlapped, 0);
  EXPECT_EQ(m.way.flips(), 0u);
}

TEST(Lane, TwoSlowCallsNearToEachOtherFlipAtOnce) {
  machine m(1'000, 8'000);
  m.run(1000);
  m.call_cost = lane::slow_call + 1;
  m.run(1);
  EXPECT_FALSE(m.way.overlapped()) << "one may be a preemption";
  m.run(1);
  EXPECT_TRUE(m.way.overlapped());
  EXPECT_EQ(m.way.flips(), 1u);
}

TEST(Lane, SlowCallsFarFromEachOtherAreForgotten) {
  machine m(1'000, 8'000);
  for (int i = 0; i < 100; ++i) {
    m.call_cost = 10 * lane::slow_call;
    m.run(1);
    m.call_cost = 1'000;
    m.run(lane::slow_memory + 1);
  }
  EXPECT_EQ(m.way.flips(), 0u);
}

TEST(Lane, FlipsBackWhenCallsAreCheapAgain) {
  machine m(1'000'000, 10'000);
  m.run(10'000);
  EXPECT_TRUE(m.way.overlapped());
  EXPECT_EQ(m.way.flips(), 1u);
  m.call_cost = 1'000;
  m.run(10'000);
  EXPECT_FALSE(m.way.overlapped());
  EXPECT_EQ(m.way.flips(), 2u);
  const long before = m.overlapped;
  m.run(10'000);
  EXPECT_EQ(m.overlapped, before) << "and stays";
}

TEST(Lane, StaysOverlappedWhileThatIsBetter) {
  machine m(1'000'000, 10'000);
  m.run(1'000'000);
  EXPECT_TRUE(m.way.overlapped());
  EXPECT_EQ(m.way.flips(), 1u);
}

TEST(Lane, SamplesAtMostOnePercent) {
  machine m(1'000'000, 10'000);
  m.run(2000);  // it looks more often at first
  m.plain = m.overlapped = 0;
  m.run(100'000);
  EXPECT_GT(m.plain, 0);
  EXPECT_LE(m.plain * 100, m.overlapped + m.plain);
}

TEST(Lane, EqualWaysDoNotTakeTurns) {
  for (const time_point_ns cost : {5'000, 50'000, 150'000}) {
    machine m(cost, cost);
    m.run(1'000'000);
    // Trials in vain double their distance, so their number grows with the logarithm.
    EXPECT_LE(m.way.flips(), 2u * 15) << cost;
    EXPECT_LE(m.overlapped * 100, m.plain) << cost;
  }
}

TEST(Lane, TriesTheOtherWayWhenCallsAreSuspiciouslySlow) {
  machine m(60'000, 10'000);
  m.run(10'000);
  EXPECT_TRUE(m.way.overlapped());
  EXPECT_EQ(m.way.flips(), 1u);
  EXPECT_LE(m.plain, 65 + 10'000 / 100);
}

TEST(Lane, TriesItSoonerWhereWhoeverAsksKnowsThatAnEntryIsDear) {
  for (const time_point_ns suspicious : {time_point_ns{12'000}, lane::suspicious_call}) {
    machine m(20'000, 5'000);
    m.suspicious = suspicious;
    m.run(10'000);
    EXPECT_EQ(m.way.overlapped(), suspicious < 20'000);
  }
}

TEST(Lane, OneAtATimeIsJudgedByItsLatency) {
  machine m(20'000, 60'000);
  m.in_flight = 1;
  m.run(1000);
  m.call_cost = 300'000;
  m.run(2);
  ASSERT_TRUE(m.way.overlapped());
  m.call_cost = 20'000;
  m.run(5000);
  EXPECT_FALSE(m.way.overlapped());
}

TEST(Lane, ABurstAfterAPauseIsNotJudgedByThePause) {
  machine m(1'000'000, 10'000);
  m.run(1000);
  ASSERT_TRUE(m.way.overlapped());
  for (int i = 0; i < 1000; ++i) {
    m.clock += 1'000'000'000;
    m.run(40);
  }
  EXPECT_TRUE(m.way.overlapped());
  EXPECT_EQ(m.way.flips(), 1u);
}

/// Operations until the lane is the other way than it was; more than that, if it does not come.
constexpr long soon_enough = 2000;
long until_overlapped(machine& m, bool wanted) {
  long n = 0;
  for (; n <= soon_enough && m.way.overlapped() != wanted; ++n) m.run_on();
  return n;
}

class LaneTo : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, LaneTo, testing::Bool(),
                         [](const auto& info) { return info.param ? "ring" : "pool"; });

TEST_P(LaneTo, FollowsWhicheverWayBecomesSlow) {
  for (const time_point_ns call : {60'000, 150'000, 300'000, 1'000'000, 20'000'000}) {
    machine calls(2'000, 8'000);
    calls.ring = GetParam();
    calls.run(1000);
    calls.call_cost = call;
    EXPECT_LE(until_overlapped(calls, true), soon_enough) << "calls now take " << call;
    calls.run(1000);
    calls.call_cost = 2'000;
    EXPECT_LE(until_overlapped(calls, false), soon_enough) << "calls no longer take " << call;

    machine ring(call, 8'000);
    ring.ring = GetParam();
    ring.run(1000);
    ASSERT_TRUE(ring.way.overlapped()) << call;
    ring.overlapped_cost = 4 * call;
    EXPECT_LE(until_overlapped(ring, false), soon_enough) << "four times " << call;
    for (int i = 0; i < 1000; ++i) ring.run_on();
    ring.overlapped_cost = 8'000;
    EXPECT_LE(until_overlapped(ring, true), soon_enough) << "no longer four times " << call;
  }
}

TEST(Lane, StaysWithSlowCallsWhereTheOtherWayIsSlower) {
  for (const time_point_ns call : {60'000, 150'000, 300'000, 1'000'000, 20'000'000}) {
    machine m(call, 3 * call);
    for (int i = 0; i < 100'000; ++i) m.run_on();
    EXPECT_LE(m.overlapped * 50, m.plain) << call;
  }
}

/// Of so many plain calls, each as long as that: those that are timed.
int timed_of(lane& way, int calls, time_point_ns took, bool dear_clock = false) {
  int timed = 0;
  for (int i = 0; i < calls; ++i) {
    if (way.take_untimed()) continue;
    if (!way.plain() || !way.timed(dear_clock)) continue;
    ++timed;
    way.called(took);
  }
  return timed;
}

TEST(Lane, QuickCallsAreTimedNowAndThen) {
  lane way{};
  EXPECT_EQ(timed_of(way, 1, 1'000), 1) << "nothing is known yet";
  EXPECT_EQ(timed_of(way, 8'000, 1'000), 8'000 / lane::timed_every);
  EXPECT_EQ(timed_of(way, 3'200, 1'000, true), 3'200 / lane::timed_if_dear);
  timed_of(way, 100, 20'000);
  EXPECT_EQ(timed_of(way, 100, 20'000), 100) << "they are no longer quick";
  way.called(lane::slow_call + 1);
  EXPECT_EQ(timed_of(way, 10, 1'000), 10) << "one was slow just now";
}

TEST(Lane, QuickCallsAreTheWayHoweverLittleTheLoopHasToDoForTheOther) {
  machine m(1'000'000, 900);
  m.ring = true;
  m.run(1000);
  ASSERT_TRUE(m.way.overlapped());
  m.call_cost = 1'500;
  EXPECT_LE(until_overlapped(m, false), soon_enough);
}

TEST(Lane, WhatIsWaitedForTogetherIsMeasuredTogether) {
  // A thousand complete at once, after a wait; the last of them did not come for free.
  lane way{};
  time_point_ns clock = 1'000'000;
  const auto now = [&clock] { return clock; };
  for (int i = 0; i < 3; ++i) way.called(1'000'000);
  ASSERT_TRUE(way.overlapped());
  for (std::uint64_t turn = 1; turn < 100 && way.overlapped(); ++turn) {
    for (int i = 0; i < 1000; ++i) way.begun(now);
    clock += 20'000'000;
    for (int i = 0; i < 1000; ++i) way.completed(now, turn);
    for (int i = 0; i < 2; ++i) way.called(2'000);  // samples: ten times cheaper
  }
  EXPECT_FALSE(way.overlapped());
}

/// Plain calls of which now and then one is slow, each taking so long on average.
struct unsteady {
  machine on;
  unsigned one_in;
  time_point_ns quick, slow;
  unsigned seed = 1;

  void run(long operations) {
    for (long i = 0; i < operations; ++i) {
      seed = seed * 1'664'525u + 1'013'904'223u;
      on.call_cost = (seed >> 8) % one_in == 0 ? slow : quick;
      on.run(1);
    }
  }
};

TEST(Lane, LeavesCallsLessAndLessForWhatPasses) {
  // Every twentieth call is slow, as on a machine whose cores are all busy, and the other way is dearer.
  unsteady m{machine(1'000, 100'000), 20, 5'000, 300'000};
  m.run(20'000);
  const auto early = m.on.way.flips();
  EXPECT_LE(early, 30u);
  m.run(200'000);
  EXPECT_LE(m.on.way.flips() - early, 2 * early) << "ten times as many calls";
}

TEST(Lane, ComesBackLessAndLessWhereThatIsRegretted) {
  // A cold disk: most statuses lie in a block that was read just before, every sixteenth waits.
  unsteady m{machine(1'000, 20'000), 16, 2'000, 1'500'000};
  m.run(100'000);
  EXPECT_LE(m.on.way.flips(), 40u);
  EXPECT_GT(m.on.overlapped, 90'000);
}

TEST(Lane, ForgetsItsMistakesWhereTheOtherWayPays) {
  unsteady m{machine(1'000, 10'000), 20, 5'000, 300'000};
  m.run(50'000);
  m.on.call_cost = 2'000'000;  // a device that blocks, from now on
  m.one_in = 1;
  m.slow = 2'000'000;
  m.on.plain = 0;
  m.run(2000);
  EXPECT_TRUE(m.on.way.overlapped());
  EXPECT_LT(m.on.plain, 120) << "within 64 slow calls, and some samples";
  m.slow = 2'000;
  m.on.in_flight = 64;
  m.on.run(0);
  for (int i = 0; i < 10'000 && m.on.way.overlapped(); ++i) m.run(1);
  EXPECT_FALSE(m.on.way.overlapped());
}

}  // namespace

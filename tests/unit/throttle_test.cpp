#include "sluice/space/throttle.hpp"

#include "sluice/space/memory.hpp"
#include "unit/filters.hpp"

namespace {

using namespace unit;
using sluice::throttle_options;
using sluice::throttle_space;

throttle_options operations(std::uint64_t per_second, std::uint64_t burst, unsigned slab = 256) {
  throttle_options o;
  o.operations_per_second = per_second;
  o.burst_operations = burst;
  o.slab = slab;
  return o;
}

class Throttle : public testing::Test {
 protected:
  asked_read& read(throttle_space& s, std::size_t size = 100, sluice::handle_id id = 1) {
    reads.push_back(std::make_unique<asked_read>(s, id, size));
    return static_cast<asked_read&>(reads.back()->begin_on(d));
  }
  ~Throttle() override {
    while (!inner.parked.empty()) inner.complete_first();
    d.settle();
    for (auto& r : reads) EXPECT_TRUE(r->done);
    EXPECT_FALSE(d.has_timers());
  }
  parking_space inner;
  hand_driver d;
  std::vector<std::unique_ptr<asked_read>> reads;
};

/// With records for all, and with one for all of them.
TEST_F(Throttle, OperationsGoAtTheRateAndInOrder) {
  for (const unsigned slab : {256u, 1u}) {
    throttle_space s(inner, operations(10, 1, slab));
    const auto before = inner.came;
    std::vector<sluice::operation*> order;
    for (int i = 0; i < 5; ++i) order.push_back(&read(s));
    for (unsigned i = 0; i < 5; ++i) {
      EXPECT_EQ(inner.came - before, i + 1) << slab;
      EXPECT_EQ(inner.parked.back(), order[i]);
      d.pass(99 * ms);
      EXPECT_EQ(inner.came - before, i + 1) << slab;
      d.pass(ms + 100);  // those that wait differ by a nanosecond at least
    }
    EXPECT_EQ(inner.came - before, 5u);
    d.pass(1000 * ms);
  }
}

TEST_F(Throttle, APauseSavesABurstAndNoMore) {
  throttle_space s(inner, operations(10, 3));
  d.pass(60'000 * ms);
  for (int i = 0; i < 6; ++i) read(s);
  EXPECT_EQ(inner.came, 3u);
  d.pass(100 * ms);
  EXPECT_EQ(inner.came, 4u);
  d.pass(200 * ms + 10);
  EXPECT_EQ(inner.came, 6u);
  d.pass(60'000 * ms);
  for (int i = 0; i < 4; ++i) read(s);
  EXPECT_EQ(inner.came, 9u);
  d.pass(100 * ms);
}

/// A loop that is late: what waits has been due for long, and newcomers, for whom there is enough, do not
/// pass it, nor each other.
TEST_F(Throttle, ALateLoopKeepsTheOrder) {
  throttle_space s(inner, operations(10, 3));
  std::vector<sluice::operation*> order;
  for (int i = 0; i < 4; ++i) order.push_back(&read(s));
  d.be_busy(1000 * ms);
  for (int i = 0; i < 3; ++i) order.push_back(&read(s));
  EXPECT_EQ(inner.came, 3u);
  d.pass(500 * ms);
  ASSERT_EQ(inner.came, 7u);
  EXPECT_TRUE(std::equal(order.begin(), order.end(), inner.parked.begin()));
}

TEST_F(Throttle, BytesGoAtTheRate) {
  throttle_options o;
  o.bytes_per_second = 10'000;
  o.burst_bytes = 1000;
  throttle_space s(inner, o);
  read(s, 1000);
  read(s, 500);
  read(s, 4000);  // more than a burst: goes when it may, and the next one pays
  read(s, 1);
  EXPECT_EQ(inner.came, 1u);
  d.pass(ms);  // a burst is saved up before the first, and the one that uses it up goes
  EXPECT_EQ(inner.came, 2u);
  d.pass(49 * ms);
  EXPECT_EQ(inner.came, 2u);
  d.pass(ms);
  EXPECT_EQ(inner.came, 3u);
  d.pass(398 * ms);
  EXPECT_EQ(inner.came, 3u);
  d.pass(3 * ms);
  EXPECT_EQ(inner.came, 4u);
}

TEST_F(Throttle, NoRateIsNoLimit) {
  throttle_space s(inner, throttle_options{});
  for (int i = 0; i < 1000; ++i) read(s, 4096);
  EXPECT_EQ(inner.came, 1000u);
}

TEST_F(Throttle, WhatWaitsCanBeStoppedAndTimesOut) {
  for (const unsigned slab : {256u, 1u}) {
    throttle_space s(inner, operations(1, 1, slab));
    const auto before = inner.came;
    read(s);
    sluice::stop_source stop(d);
    asked_read stopped(s), late(s), after(s);
    stopped.begin_on(d, &stop);
    late.limit_to(100 * ms);
    late.begin_on(d);
    after.begin_on(d);
    d.pass(101 * ms);
    ASSERT_TRUE(late.done);
    EXPECT_EQ(late.await_resume().error(), errc::timed_out);
    EXPECT_FALSE(stopped.done);
    stop.request_stop();
    d.settle();
    ASSERT_TRUE(stopped.done);
    EXPECT_EQ(stopped.await_resume().error(), errc::canceled);
    EXPECT_EQ(inner.came - before, 1u);
    d.pass(4000 * ms);
    EXPECT_EQ(inner.came - before, 2u);
    inner.complete_first();
    inner.complete_first();
    d.settle();
    EXPECT_TRUE(after.done);
  }
}

TEST_F(Throttle, ClosingNeitherWaitsNorLeavesAnythingWaiting) {
  for (const unsigned slab : {256u, 1u}) {
    throttle_space s(inner, operations(1, 1, slab));
    read(s, 10, 1);
    asked_read a(s, 2), b(s, 2), other(s, 3);
    hand_driver elsewhere;
    a.begin_on(d);
    b.begin_on(d);
    other.begin_on(d);
    asked<sluice::ops::close> closing(s, 2);
    closing.begin_on(elsewhere);
    EXPECT_TRUE(closing.done);
    EXPECT_FALSE(a.done || b.done);
    d.settle();
    ASSERT_TRUE(a.done && b.done);
    EXPECT_EQ(a.await_resume().error(), errc::canceled);
    EXPECT_EQ(b.await_resume().error(), errc::canceled);
    EXPECT_FALSE(other.done);
    d.pass(5000 * ms);
    while (!inner.parked.empty()) inner.complete_first();
    d.settle();
    EXPECT_TRUE(other.done);
  }
}

TEST_F(Throttle, LoopsWaitForWhatWaitsWhenTheyEnd) {
  sluice::memory_space files;
  throttle_space s(files, operations(50, 1, 1));
  auto root = s.attach(files.root());
  asked<sluice::ops::stat> a(s, root.id(), sluice::path_ref(), sluice::stat_mask::basic,
                             sluice::lookup::follow);
  asked<sluice::ops::stat> b(s, root.id(), sluice::path_ref(), sluice::stat_mask::basic,
                             sluice::lookup::follow);
  asked<sluice::ops::stat> c(s, root.id(), sluice::path_ref(), sluice::stat_mask::basic,
                             sluice::lookup::follow);
  {
    loop l;
    a.begin_on(l);
    b.begin_on(l);
    c.begin_on(l);
    EXPECT_TRUE(a.done);
    EXPECT_FALSE(b.done || c.done);
  }
  EXPECT_TRUE(b.done && b.await_resume());
  EXPECT_TRUE(c.done && c.await_resume());
}

TEST_F(Throttle, WorksWithoutALoop) {
  sluice::memory_space files;
  throttle_space s(files, operations(500, 1));
  auto root = s.attach(files.root());
  sluice::sync_driver clock;
  const auto begun = clock.now();
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(sluice::sync(root.stat("")));
  EXPECT_GE(clock.now() - begun, 10 * ms);
}

}  // namespace

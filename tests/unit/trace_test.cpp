#include "sluice/space/trace.hpp"

#include <thread>

#include "sluice/space/memory.hpp"
#include "unit/filters.hpp"

namespace {

using namespace unit;
using sluice::op_kind;
using sluice::open_mode;
using sluice::trace_record;
using sluice::trace_space;

struct log {
  std::vector<trace_record> records;
  log() { records.reserve(1000); }
  sluice::trace_options options(unsigned slab = 64) {
    return {slab,
            [](void* me, const trace_record& r) noexcept { static_cast<log*>(me)->records.push_back(r); },
            this};
  }
};

TEST(Trace, TellsHowEachOperationEnded) {
  sluice::memory_space files;
  log seen;
  trace_space trace(files, seen.options());
  auto root = trace.attach(files.root());
  auto f = sluice::sync(root.open("f", open_mode::read_write | open_mode::create)).value();
  EXPECT_EQ(sluice::sync(f.write_at(std::span(some_bytes).first(300), 0)).value(), 300u);
  EXPECT_EQ(sluice::sync(f.read_at(some_bytes, 100)).value(), 200u);
  EXPECT_EQ(sluice::sync(root.open("none", open_mode::read)).error(), errc::not_found);
  const auto id = f.id();
  EXPECT_TRUE(sluice::sync(f.close()));

  ASSERT_EQ(seen.records.size(), 5u);
  const op_kind kinds[] = {op_kind::open, op_kind::write_at, op_kind::read_at, op_kind::open,
                           op_kind::close};
  const std::uint64_t bytes[] = {0, 300, 200, 0, 0};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(seen.records[i].kind, kinds[i]) << i;
    EXPECT_EQ(seen.records[i].bytes, bytes[i]) << i;
    EXPECT_TRUE(seen.records[i].at_once) << i;
    EXPECT_LE(seen.records[i].begun, seen.records[i].ended) << i;
  }
  EXPECT_EQ(seen.records[1].id, id);
  EXPECT_EQ(seen.records[3].failure, errc::not_found);
  const auto opens = trace.counts(op_kind::open);
  EXPECT_EQ(opens.started, 2u);
  EXPECT_EQ(opens.at_once, 2u);
  EXPECT_EQ(opens.failed, 1u);
  EXPECT_EQ(opens.canceled, 0u);
  EXPECT_EQ(trace.counts().bytes, 500u);
  EXPECT_EQ(trace.counts().started, 5u);
  EXPECT_EQ(trace.counts().under_way(), 0u);
  EXPECT_EQ(trace.latencies(op_kind::open).count(), 2u);
}

TEST(Trace, MeasuresWhatEndsLater) {
  parking_space inner;
  log seen;
  trace_space trace(inner, seen.options());
  hand_driver d;
  asked_read r(trace, 7);
  r.begin_on(d);
  EXPECT_EQ(trace.counts().under_way(), 1u);
  d.pass(5 * ms);
  r.value = 42;
  inner.complete_first();
  d.pass(ms);
  ASSERT_TRUE(r.done);
  EXPECT_EQ(r.await_resume().value(), 42u);
  ASSERT_EQ(seen.records.size(), 1u);
  EXPECT_FALSE(seen.records[0].at_once);
  EXPECT_EQ(seen.records[0].id, 7u);
  EXPECT_EQ(seen.records[0].bytes, 42u);
  EXPECT_EQ(seen.records[0].ended - seen.records[0].begun, 5 * ms);
  EXPECT_EQ(trace.counts(op_kind::read_at).later, 1u);
  const auto took = trace.latencies(op_kind::read_at).percentile(0.5);
  EXPECT_GE(took, 5 * ms);
  EXPECT_LE(took, 5 * ms + 5 * ms / 8);
}

TEST(Trace, HistogramsAreAnEighthExact) {
  sluice::latency_histogram h;
  EXPECT_EQ(h.percentile(0.5), 0);
  for (int i = 1; i <= 1000; ++i) h.add(i * 1000);
  for (const double part : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = part * 1e6;
    EXPECT_GE(h.percentile(part), exact) << part;
    EXPECT_LE(h.percentile(part), exact * 1.126) << part;
  }
  EXPECT_EQ(h.count(), 1000u);
  h.add(sluice::never);
  h.add(-1);
  EXPECT_GE(h.percentile(1), 1'000'000 * ms);
  EXPECT_EQ(h.percentile(0), 0);
}

/// One record: the others stand in line, in the order in which they came.
TEST(Trace, ASlabOfOneIsEnough) {
  parking_space inner;
  log seen;
  trace_space trace(inner, seen.options(1));
  hand_driver d;
  asked_read a(trace, 1), b(trace, 2), c(trace, 3);
  for (asked_read* r : {&a, &b, &c}) r->begin_on(d);
  d.settle();
  ASSERT_EQ(inner.parked.size(), 1u);
  inner.complete_first();
  d.settle();
  EXPECT_TRUE(a.done && !b.done && !c.done);
  ASSERT_EQ(inner.parked.size(), 1u);
  EXPECT_EQ(inner.parked[0], &b);
  // A newcomer does not pass those in line.
  asked_read e(trace, 4);
  e.begin_on(d);
  inner.complete_first();
  asked_read f(trace, 5);
  f.begin_on(d);
  d.settle();
  ASSERT_EQ(inner.parked.size(), 1u);
  EXPECT_EQ(inner.parked[0], &c);
  while (!inner.parked.empty()) {
    inner.complete_first();
    d.settle();
  }
  EXPECT_TRUE(b.done && c.done && e.done && f.done);
  ASSERT_EQ(seen.records.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(seen.records[i].id, i + 1);
}

/// A record is free again, but one that waited has not had its turn: a newcomer lets it go first.
TEST(Trace, ANewcomerDoesNotPassOneThatWasCalled) {
  parking_space inner;
  trace_space trace(inner, {.slab = 2});
  hand_driver d;
  asked_read a(trace), b(trace), waits(trace), late(trace);
  for (asked_read* r : {&a, &b, &waits}) r->begin_on(d);
  inner.complete_first();
  inner.complete_first();
  // Runs behind the ends of a and b, and before the turn of the one that waits.
  struct newcomer : sluice::job {
    asked_read* read;
    hand_driver* on;
  } j;
  j.read = &late;
  j.on = &d;
  j.run = [](sluice::job& me) noexcept {
    auto& self = static_cast<newcomer&>(me);
    self.read->begin_on(*self.on);
  };
  d.schedule(j);
  d.settle();
  ASSERT_EQ(inner.parked.size(), 2u);
  EXPECT_EQ(inner.parked[0], &waits);
  EXPECT_EQ(inner.parked[1], &late);
  inner.complete_first();
  inner.complete_first();
  d.settle();
  EXPECT_TRUE(waits.done && late.done);
}

TEST(Trace, InLineAnOperationCanBeStoppedAndTimesOut) {
  parking_space inner;
  log seen;
  trace_space trace(inner, seen.options(1));
  hand_driver d;
  sluice::stop_source stop(d);
  asked_read a(trace), b(trace), c(trace), last(trace);
  a.begin_on(d, &stop);
  b.begin_on(d, &stop);
  c.limit_to(10 * ms);
  c.begin_on(d);
  last.begin_on(d);
  d.pass(11 * ms);
  EXPECT_TRUE(c.done);
  EXPECT_EQ(c.await_resume().error(), errc::timed_out);
  EXPECT_FALSE(a.done || b.done);
  stop.request_stop();
  d.settle();
  ASSERT_TRUE(a.done && b.done);
  EXPECT_EQ(a.await_resume().error(), errc::canceled);
  EXPECT_EQ(b.await_resume().error(), errc::canceled);
  EXPECT_EQ(inner.came, 2u);  // a, and the one behind them all
  inner.complete_first();
  d.settle();
  EXPECT_TRUE(last.done && last.await_resume());
  EXPECT_EQ(seen.records.size(), 4u);
  EXPECT_EQ(trace.counts().canceled, 3u);
  EXPECT_EQ(trace.counts().under_way(), 0u);
  EXPECT_FALSE(d.has_timers());
}

/// Granted and cancelled before its turn: the record goes to the next.
TEST(Trace, AStopBeatsTheRecordThatIsOnItsWay) {
  parking_space inner;
  trace_space trace(inner, {.slab = 1});
  hand_driver d;
  sluice::stop_source stop(d);
  asked_read a(trace), b(trace), c(trace);
  a.begin_on(d);
  b.begin_on(d, &stop);
  c.begin_on(d);
  inner.complete_first();
  // a's end is queued; run it, then stop b, whose call is queued behind.
  struct stopper : sluice::job {
    sluice::stop_source* source;
  } j;
  j.source = &stop;
  j.run = [](sluice::job& me) noexcept { static_cast<stopper&>(me).source->request_stop(); };
  d.schedule(j);
  d.settle();
  ASSERT_TRUE(a.done && b.done);
  EXPECT_EQ(b.await_resume().error(), errc::canceled);
  ASSERT_EQ(inner.parked.size(), 1u);
  EXPECT_EQ(inner.parked[0], &c);
  inner.complete_first();
  d.settle();
  EXPECT_TRUE(c.done);
}

/// Closing on one driver ends what another has in line, and does not wait for a record itself.
TEST(Trace, ClosingEndsWhatIsInLine) {
  parking_space inner;
  trace_space trace(inner, {.slab = 1});
  hand_driver here, there;
  asked_read holds(trace, 1), waits(trace, 2), other(trace, 3);
  holds.begin_on(here);
  waits.begin_on(there);
  other.begin_on(there);
  asked<sluice::ops::close> closing(trace, 2);
  closing.begin_on(here);
  EXPECT_TRUE(closing.done && closing.await_resume());
  EXPECT_EQ(inner.closed, 1u);
  EXPECT_FALSE(waits.done);
  there.settle();
  ASSERT_TRUE(waits.done);
  EXPECT_EQ(waits.await_resume().error(), errc::canceled);
  EXPECT_EQ(trace.counts(op_kind::close).unseen, 1u);
  inner.complete_first();
  here.settle();
  there.settle();
  inner.complete_first();
  there.settle();
  EXPECT_TRUE(holds.done && other.done);
  EXPECT_EQ(inner.came, 2u);
}

/// What waits for others must not keep out what they need to do.
TEST(Trace, StreamsNeverTakeTheLastRecord) {
  for (const unsigned slab : {1u, 4u}) {
    parking_space inner;
    trace_space trace(inner, {.slab = slab});
    hand_driver d;
    std::vector<std::unique_ptr<asked<sluice::ops::read>>> idle;
    for (int i = 0; i < 10; ++i) {
      idle.push_back(std::make_unique<asked<sluice::ops::read>>(trace, 1u, std::span(some_bytes)));
      idle.back()->begin_on(d);
    }
    EXPECT_EQ(inner.parked.size(), 10u);
    asked_read r(trace);
    r.begin_on(d);
    EXPECT_EQ(inner.parked.size(), 11u);
    const auto c = trace.counts(op_kind::read);
    EXPECT_EQ(c.started, 10u);
    EXPECT_EQ(c.unseen, slab == 1 ? 10u : 8u);
    while (!inner.parked.empty()) inner.complete_first();
    d.settle();
    EXPECT_TRUE(r.done);
    for (auto& i : idle) EXPECT_TRUE(i->done);
    EXPECT_EQ(trace.counts().under_way(), 0u);
  }
}

task<void> read_many(const sluice::file& f, unsigned count, std::atomic<unsigned>& good) {
  std::byte buffer[64];
  for (unsigned i = 0; i < count; ++i) {
    const auto n = co_await f.read_at(buffer, i);
    if (n && *n == 64) ++good;
  }
}

task<void> read_from_tasks(const sluice::file& f, std::atomic<unsigned>& good) {
  auto here = co_await sluice::this_task();
  sluice::scope all(here);
  for (int i = 0; i < 8; ++i) all.spawn(read_many(f, 100, good));
  co_await all.join();
}

TEST(Trace, LoopsShareTheRecords) {
  auto here = sluice::system().current_dir();
  for (const unsigned slab : {1u, 3u, 64u}) {
    trace_space trace(sluice::system(), {.slab = slab});
    auto f = trace.attach(
        sluice::sync(here.open("/proc/self/exe", open_mode::read)).value());
    std::atomic<unsigned> good = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        sluice::loop_options o;
        o.ways = sluice::way_choice::overlapped;
        loop l(o);
        l.run(read_from_tasks(f, good));
      });
    }
    for (auto& t : threads) t.join();
    EXPECT_EQ(good, 2400u);
    EXPECT_EQ(trace.counts(op_kind::read_at).started, 2400u);
    EXPECT_EQ(trace.counts(op_kind::read_at).later, 2400u);
    EXPECT_EQ(trace.counts().under_way(), 0u);
  }
}

/// Through two filters, on a loop that makes no plain calls.
void count_ways(sluice::backend_choice by, std::uint64_t sluice::trace_counts::*expected) {
  sluice::loop_options options;
  options.backend = by;
  options.ways = sluice::way_choice::overlapped;
  sluice::loop l(options);
  trace_space below(sluice::system());
  trace_space above(static_cast<sluice::space&>(below));
  auto root = above.attach(below.attach(sluice::system().current_dir()));
  const auto look = [](sluice::dir& in) -> sluice::task<bool> {
    bool good = true;
    for (int i = 0; i < 10; ++i) {
      auto s = co_await in.stat(".");
      good = good && s;
    }
    co_return good;
  };
  EXPECT_TRUE(l.run(look(root)));
  for (const trace_space* t : {&below, &above}) {
    const auto n = t->counts(op_kind::stat);
    EXPECT_EQ(n.later, 10u);
    EXPECT_EQ(n.*expected, 10u);
    EXPECT_EQ(n.ring + n.pool, 10u);
  }
}

TEST(Trace, CountsWays) {
  count_ways(sluice::backend_choice::pool, &sluice::trace_counts::pool);
  sluice::loop best;
  if (!best.backend_report().starts_with("io_uring")) GTEST_SKIP() << best.backend_report();
  count_ways(sluice::backend_choice::uring, &sluice::trace_counts::ring);
}

}  // namespace

#include "sluice/space/fault.hpp"

#include <cerrno>
#include <string>

#include "sluice/space/fragment.hpp"
#include "sluice/space/memory.hpp"
#include "sluice/space/throttle.hpp"
#include "sluice/space/trace.hpp"
#include "unit/filters.hpp"
#include "unit/temp_tree.hpp"

namespace {

using namespace unit;
using sluice::fault_kind;
using sluice::fault_options;
using sluice::fault_rule;
using sluice::fault_space;
using sluice::op_kind;
using sluice::open_mode;

constexpr auto fresh = open_mode::read_write | open_mode::create | open_mode::truncate;

fault_options rules(std::span<const fault_rule> list, std::uint64_t seed = 1, unsigned slab = 256) {
  return {list, seed, slab};
}

sluice::error number(int code) { return {code, sluice::system_domain}; }

/// A program that tries twice, and tells what it saw.
task<std::string> save(const sluice::dir& in) {
  std::string seen;
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto f = co_await in.open("f", fresh);
    if (!f) {
      seen += " open:" + std::to_string(f.error().code);
      continue;
    }
    const auto written = co_await f->write_all_at(some_bytes, 0);
    seen += " wrote:" + std::to_string(written.done);
    if (written.first_error) seen += "," + std::to_string(written.first_error.code);
    const auto synced = co_await f->sync();
    if (!synced) seen += " sync:" + std::to_string(synced.error().code);
    const auto closed = co_await f->close();
    if (!closed) seen += " close:" + std::to_string(closed.error().code);
  }
  co_return seen;
}

TEST(Fault, AProgramSeesExactlyThePlannedErrors) {
  fault_rule plan[5];
  plan[0] = {.about = op_kind::open, .failure = number(EMFILE), .at_most = 1};
  plan[1] = {.about = op_kind::write_at, .what = fault_kind::shorten, .at_most = 1};
  plan[2] = {.about = op_kind::write_at, .failure = number(ENOSPC), .after = 1};
  plan[3] = {.about = op_kind::sync, .failure = number(EIO)};
  plan[4] = {.about = op_kind::close, .failure = number(EINTR)};
  sluice::memory_space files;
  loop l;
  for (int i = 0; i < 2; ++i) {
    fault_space faulty(files, rules(plan));
    auto root = faulty.attach(files.root());
    EXPECT_EQ(l.run(save(root)), " open:24 wrote:2048,28 sync:5 close:4");
    for (std::size_t r = 0; r < 5; ++r) EXPECT_EQ(faulty.hits(r), 1u) << r;
    EXPECT_EQ(faulty.missed(), 0u);
  }
  fault_space harmless(files);
  auto root = harmless.attach(files.root());
  EXPECT_EQ(l.run(save(root)), " wrote:4096 wrote:4096");
}

/// Which of so many reads fail, as a string.
std::string pattern_of(const fault_rule& rule, std::uint64_t seed, int reads = 40) {
  parking_space inner;
  fault_space faulty(inner, rules(std::span(&rule, 1), seed));
  hand_driver d;
  std::string pattern;
  for (int i = 0; i < reads; ++i) {
    asked_read r(faulty);
    r.begin_on(d);
    pattern += r.done ? 'x' : '.';
    if (r.done) continue;
    inner.complete_first();
    d.settle();
    EXPECT_TRUE(r.done);
  }
  return pattern;
}

TEST(Fault, RulesCount) {
  EXPECT_EQ(pattern_of({.every = 3}, 1, 10), "x..x..x..x");
  EXPECT_EQ(pattern_of({.after = 2, .every = 3}, 1, 10), "..x..x..x.");
  EXPECT_EQ(pattern_of({.after = 5, .at_most = 2}, 1, 10), ".....xx...");
  EXPECT_EQ(pattern_of({.about = op_kind::write_at}, 1, 4), "....");
  EXPECT_EQ(pattern_of({.every = 0}, 1, 4), "xxxx");
}

TEST(Fault, TheSameSeedGivesTheSameFaults) {
  const fault_rule half{.probability = 0.5};
  const std::string first = pattern_of(half, 1);
  EXPECT_EQ(pattern_of(half, 1), first);
  EXPECT_NE(pattern_of(half, 2), first);
  const auto hits = std::count(first.begin(), first.end(), 'x');
  EXPECT_GT(hits, 8);
  EXPECT_LT(hits, 32);
}

TEST(Fault, AShortTransferIsTrueAndTheCallerGetsItsBufferBack) {
  const fault_rule always{.about = op_kind::read_at, .what = fault_kind::shorten};
  parking_space inner;
  fault_space faulty(inner, rules(std::span(&always, 1)));
  hand_driver d;
  asked_read r(faulty, 1, 1000);
  r.begin_on(d);
  auto& inside = static_cast<sluice::ops::read_at&>(*inner.parked[0]);
  EXPECT_EQ(inside.buffer.size(), 500u);
  inside.value = 490;
  inner.complete_first();
  d.settle();
  ASSERT_TRUE(r.done);
  EXPECT_EQ(r.buffer.size(), 1000u);
  EXPECT_EQ(r.await_resume().value(), 490u);

  sluice::memory_space files;
  fault_space over_files(files, rules(std::span(&always, 1)));
  auto root = over_files.attach(files.root());
  auto f = sluice::sync(root.open("f", fresh)).value();
  EXPECT_TRUE(sluice::sync(f.write_all_at(some_bytes, 0)));
  EXPECT_EQ(sluice::sync(f.read_at(some_bytes, 0)).value(), 2048u);
  EXPECT_EQ(sluice::sync(f.read_exact_at(some_bytes, 0)).done, 4096u);
}

TEST(Fault, ADelayIsATime) {
  for (const unsigned slab : {4u, 1u}) {
    const fault_rule slow{.what = fault_kind::delay, .delay = 10 * ms};
    parking_space inner;
    fault_space faulty(inner, rules(std::span(&slow, 1), 1, slab));
    hand_driver d;
    sluice::stop_source stop(d);
    asked_read a(faulty), b(faulty), c(faulty);
    a.begin_on(d);
    b.begin_on(d, &stop);
    c.limit_to(5 * ms);
    c.begin_on(d);
    d.pass(9 * ms);
    EXPECT_EQ(inner.came, 0u);
    EXPECT_TRUE(c.done);
    EXPECT_EQ(c.await_resume().error(), errc::timed_out);
    stop.request_stop();
    d.pass(ms);
    EXPECT_EQ(inner.came, 1u);
    EXPECT_TRUE(b.done);
    EXPECT_EQ(b.await_resume().error(), errc::canceled);
    inner.complete_first();
    d.settle();
    EXPECT_TRUE(a.done && a.await_resume());
    EXPECT_FALSE(d.has_timers());
  }
}

TEST(Fault, ARequestToStopCanBeMadeToLose) {
  const fault_rule deaf{.what = fault_kind::ignore_cancel, .at_most = 1};
  parking_space inner;
  fault_space faulty(inner, rules(std::span(&deaf, 1)));
  hand_driver d;
  sluice::stop_source stop(d);
  asked_read a(faulty), b(faulty);
  a.begin_on(d, &stop);
  b.begin_on(d, &stop);
  stop.request_stop();
  d.settle();
  EXPECT_TRUE(b.done && !a.done);
  a.value = 7;
  inner.complete_first();
  d.settle();
  ASSERT_TRUE(a.done);
  EXPECT_EQ(a.await_resume().value(), 7u);
}

/// Each filter knows which of the records in the chain is its own.
TEST(Fault, TheOuterOneIsDeafWhileTheInnerOneHoldsIt) {
  const fault_rule deaf{.what = fault_kind::ignore_cancel};
  const fault_rule slow{.what = fault_kind::delay, .delay = ms};
  parking_space inner;
  fault_space holds(inner, rules(std::span(&slow, 1)));
  fault_space hears_nothing(holds, rules(std::span(&deaf, 1)));
  hand_driver d;
  sluice::stop_source stop(d);
  asked_read r(hears_nothing);
  r.begin_on(d, &stop);
  stop.request_stop();
  d.settle();
  EXPECT_FALSE(r.done);
  d.pass(ms);
  ASSERT_EQ(inner.parked.size(), 1u);
  inner.complete_first();
  d.settle();
  EXPECT_TRUE(r.done && r.await_resume());
}

TEST(Fault, WhatFindsNoRecordAndMayNotWaitIsMissed) {
  const fault_rule slow[] = {{.about = op_kind::read, .what = fault_kind::shorten}};
  parking_space inner;
  fault_space faulty(inner, rules(slow, 1, 1));
  hand_driver d;
  asked<sluice::ops::read> a(faulty, 1u, std::span(some_bytes));
  a.begin_on(d);
  EXPECT_EQ(inner.came, 1u);
  EXPECT_EQ(faulty.hits(0), 1u);
  EXPECT_EQ(faulty.missed(), 1u);
  inner.complete_first();
  d.settle();
  EXPECT_TRUE(a.done);
}

task<bool> write_and_read_back(const sluice::dir& in) {
  auto f = co_await in.open("f", fresh);
  if (!f) co_return false;
  std::vector<std::byte> data(10'000), back(10'000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 7);
  const auto written = co_await f->write_all_at(data, 3);
  const auto got = co_await f->read_exact_at(back, 3);
  const auto closed = co_await f->close();
  co_return written && got && closed && back == data;
}

/// Every filter over every other, all of them short of records.
void run_under_all_filters(sluice::space& bottom, sluice::dir of_bottom) {
  for (const unsigned slab : {64u, 1u}) {
    for (const auto ways : {sluice::way_choice::adaptive, sluice::way_choice::overlapped}) {
      const fault_rule trouble[] = {
          {.what = fault_kind::shorten, .every = 2},
          {.what = fault_kind::delay, .delay = ms / 10, .after = 1, .every = 4},
          {.what = fault_kind::ignore_cancel},
      };
      sluice::fragment_space cut(bottom, {.pieces = 5, .slab = slab});
      fault_space faulty(cut, rules(trouble, 1, slab));
      sluice::throttle_options quick;
      quick.operations_per_second = 20'000;
      quick.burst_operations = 1;
      quick.slab = slab;
      sluice::throttle_space slow(faulty, quick);
      sluice::trace_space trace(slow, {.slab = slab});
      auto root = trace.attach(
          slow.attach(faulty.attach(cut.attach(sluice::dir(sluice::adopt, bottom, of_bottom.id())))));
      sluice::loop_options o;
      o.ways = ways;
      loop l(o);
      EXPECT_TRUE(l.run(write_and_read_back(root)));
      EXPECT_GT(faulty.hits(0), 0u);
      EXPECT_GT(faulty.hits(1), 0u);
      EXPECT_EQ(trace.counts().bytes, 20'000u);
      EXPECT_EQ(trace.counts().under_way(), 0u);
      EXPECT_EQ(trace.counts().failed, 0u);
      root.detach();
    }
  }
}

TEST(Filters, ComposeOverMemory) {
  sluice::memory_space files;
  run_under_all_filters(files, files.root());
}

TEST(Filters, ComposeOverTheSystem) {
  sluice_test::temp_tree folder;
  auto here = sluice::system().current_dir();
  run_under_all_filters(sluice::system(),
                        sluice::sync(here.open_dir(folder.root().c_str())).value());
}

/// The chain of those who wait for its end is taken apart in the right order, wherever it ends.
TEST(Filters, EachFindsItsOwnInTheChain) {
  const fault_rule slow{.what = fault_kind::delay, .delay = ms, .every = 2};
  parking_space inner;
  sluice::trace_space innermost(inner, {.slab = 1});
  fault_space faulty(innermost, rules(std::span(&slow, 1), 1, 1));
  sluice::trace_space outermost(faulty, {.slab = 2});
  hand_driver d;
  sluice::stop_source stop(d);
  std::vector<std::unique_ptr<asked_read>> reads;
  for (int i = 0; i < 6; ++i) {
    reads.push_back(std::make_unique<asked_read>(outermost, i));
    reads.back()->begin_on(d, &stop);
  }
  // The first is held, the second inside, the others stand in the outermost line.
  EXPECT_EQ(inner.parked.size(), 1u);
  EXPECT_EQ(faulty.hits(0), 1u);
  d.pass(ms);  // now the first stands in the innermost one
  EXPECT_EQ(inner.came, 1u);
  EXPECT_EQ(innermost.counts().started, 2u);
  stop.request_stop();
  d.pass(ms);
  for (auto& r : reads) {
    ASSERT_TRUE(r->done);
    EXPECT_EQ(r->await_resume().error(), errc::canceled);
  }
  EXPECT_EQ(outermost.counts().canceled, 6u);
  EXPECT_EQ(outermost.counts().under_way(), 0u);
  EXPECT_EQ(innermost.counts().under_way(), 0u);
  EXPECT_FALSE(d.has_timers());
}

}  // namespace

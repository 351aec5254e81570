// No allocation per operation: on each backend, on each way, and without a loop. This program
// replaces malloc, so what the C++ library, liburing and Sluice ask for is all counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "sluice/sluice.hpp"
#include "sluice/space/fault.hpp"
#include "sluice/space/throttle.hpp"
#include "sluice/space/trace.hpp"
#include "sluice/space/cache.hpp"
#include "sluice/space/map.hpp"
#include "sluice/space/stripe.hpp"

namespace {

std::atomic<std::uint64_t> allocated = 0;
constexpr int rounds = 200;

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t n) {
  allocated.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t size) {
  allocated.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t n) {
  allocated.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(p, n);
}
void* aligned_alloc(std::size_t alignment, std::size_t n) {
  allocated.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, n);
}
}

namespace {

using sluice::loop;
using sluice::open_mode;
using sluice::task;

/// What a task works on: a file of its own in a directory of its own.
struct site {
  sluice::dir& where;
  sluice::file& f;
};

std::byte buffer[4096];

task<bool> none(site) {
  co_return true;
}

task<bool> nop(site) {
  auto r = co_await sluice::system().nop();
  co_return r.has_value();
}

task<bool> read(site s) {
  auto r = co_await s.f.read_at(buffer, 0);
  co_return r.has_value();
}

task<bool> read_exactly(site s) {
  auto r = co_await s.f.read_exact_at(buffer, 0);
  co_return r.whole();
}

task<bool> write(site s) {
  auto r = co_await s.f.write_at(buffer, 0);
  co_return r.has_value();
}

task<bool> sync_file(site s) {
  auto r = co_await s.f.sync_data();
  co_return r.has_value();
}

task<bool> stat(site s) {
  auto r = co_await s.where.stat("file");
  co_return r.has_value();
}

task<bool> open_and_close(site s) {
  auto f = co_await s.where.open("file", open_mode::read);
  if (!f) co_return false;
  auto closed = co_await f->close();
  co_return closed.has_value();
}

task<bool> read_with_a_deadline(site s) {
  auto r = co_await s.f.read_at(buffer, 0).within(3'600'000'000'000);
  co_return r.has_value();
}

task<bool> sleep(site) {
  auto r = co_await sluice::system().sleep(1);
  co_return r.has_value();
}

task<bool> nested_scopes(site s) {
  auto both = sluice::when_all(none(s), read(s));
  auto results = co_await std::move(both);
  co_return std::get<1>(results);
}

/// The two ends of a connection in this program.
struct ends {
  sluice::stream here, there;
  explicit ends(const sluice::network& net = sluice::network(sluice::system())) {
    auto listener = sluice::sync(net.listen(sluice::address::loopback(0))).value();
    const auto at = sluice::sync(listener.local_address()).value();
    here = sluice::sync(net.connect(at)).value();
    there = sluice::sync(listener.accept()).value();
  }
};

task<bool> hear(ends& e) {
  auto r = co_await e.there.read_some(buffer);
  co_return r.has_value() && *r == 100;
}
task<bool> say(ends& e) {
  auto r = co_await e.here.write_all(std::span(buffer).first(100));
  co_return r.whole();
}

/// Whoever reads waits each time.
task<std::uint64_t> count_messages(ends& e, bool& good) {
  std::uint64_t before = 0;
  for (int i = 0; i < 2 * rounds; ++i) {
    if (i == rounds) before = allocated.load();
    auto both = sluice::when_all(hear(e), say(e));
    const auto results = co_await std::move(both);
    good = good && std::get<0>(results) && std::get<1>(results);
  }
  co_return allocated.load() - before;
}

/// Warms up, so that caches, threads and tables are there, and then counts.
task<std::uint64_t> count(site s, task<bool> (*what)(site), bool& good) {
  std::uint64_t before = 0;
  for (int i = 0; i < 2 * rounds; ++i) {
    if (i == rounds) before = allocated.load();
    auto once = what(s);
    const bool ok = co_await std::move(once);
    good = good && ok;
  }
  co_return allocated.load() - before;
}

struct kind {
  const char* name;
  task<bool> (*what)(site);
};

constexpr kind kinds[] = {
    {"none", none},
    {"nop", nop},
    {"read", read},
    {"read_exactly", read_exactly},
    {"write", write},
    {"sync_file", sync_file},
    {"stat", stat},
    {"open_and_close", open_and_close},
    {"deadline", read_with_a_deadline},
    {"sleep", sleep},
    {"nested", nested_scopes},
};

class Allocations : public testing::Test {
 protected:
  Allocations() {
    char name[] = "allocations-XXXXXX";
    path = ::mkdtemp(name);
    auto here = sluice::system().current_dir();
    where = sluice::sync(here.open_dir(path.c_str())).value();
    f = sluice::sync(where.open("file", open_mode::read_write | open_mode::create)).value();
    EXPECT_TRUE(sluice::sync(f.write_all_at(buffer, 0)).whole());
  }
  ~Allocations() override { std::filesystem::remove_all(path); }

  void expect_none(sluice::backend_choice backend, sluice::way_choice ways) {
    expect_none(backend, ways, {where, f});
  }
  void expect_none(sluice::backend_choice backend, sluice::way_choice ways, site s) {
    sluice::loop_options o;
    o.backend = backend;
    o.ways = ways;
    // Starting a thread allocates, and a second one is started whenever the first is busy: with one,
    // it is there before anything is counted.
    o.pool_threads = 1;
    loop l(o);
    for (const kind& k : kinds) {
      bool good = true;
      EXPECT_EQ(l.run(count(s, k.what, good)), 0u) << k.name;
      EXPECT_TRUE(good) << k.name;
    }
  }

  std::string path;
  sluice::dir where;
  sluice::file f;
};

bool uring_here() {
  return loop().backend_report().starts_with("io_uring");
}

TEST_F(Allocations, AreCounted) {
  const auto before = allocated.load();
  int* volatile escapes = new int;
  delete escapes;
  void* volatile too = ::malloc(1);
  ::free(too);
  EXPECT_EQ(allocated.load(), before + 2);
}

/// Files, and messages over a connection.
TEST_F(Allocations, NoneByReadiness) {
  for (const auto by : {sluice::backend_choice::epoll, sluice::backend_choice::pool}) {
    for (const auto ways : {sluice::way_choice::adaptive, sluice::way_choice::overlapped}) {
      expect_none(by, ways);
      sluice::loop_options o;
      o.backend = by;
      o.ways = ways;
      loop l(o);
      ends e;
      bool good = true;
      EXPECT_EQ(l.run(count_messages(e, good)), 0u);
      EXPECT_TRUE(good);
    }
  }
}

TEST_F(Allocations, NoneOnTheRing) {
  if (!uring_here()) GTEST_SKIP() << "this machine refuses io_uring";
  expect_none(sluice::backend_choice::uring, sluice::way_choice::overlapped);
}
TEST_F(Allocations, NoneForPlainCallsBesideTheRing) {
  if (!uring_here()) GTEST_SKIP() << "this machine refuses io_uring";
  expect_none(sluice::backend_choice::uring, sluice::way_choice::calls);
}
TEST_F(Allocations, NoneWhenTheWayIsMeasured) {
  if (!uring_here()) GTEST_SKIP() << "this machine refuses io_uring";
  expect_none(sluice::backend_choice::uring, sluice::way_choice::adaptive);
}
TEST_F(Allocations, NoneOnThePool) {
  expect_none(sluice::backend_choice::pool, sluice::way_choice::overlapped);
}
TEST_F(Allocations, NoneForPlainCallsBesideThePool) {
  expect_none(sluice::backend_choice::pool, sluice::way_choice::calls);
}

/// Through a trace with a single record, over a throttle where every operation waits, over faults.
TEST_F(Allocations, NoneThroughFilters) {
  sluice::fault_rule trouble[2];
  trouble[0].about = sluice::op_kind::read_at;
  trouble[0].what = sluice::fault_kind::shorten;
  trouble[0].every = 3;
  trouble[1].what = sluice::fault_kind::delay;
  trouble[1].delay = 1000;
  trouble[1].every = 4;
  sluice::fault_space faulty(sluice::system(), {trouble});
  sluice::throttle_options quick;
  quick.operations_per_second = 100'000;
  quick.burst_operations = 1;
  sluice::throttle_space slow(faulty, quick);
  sluice::trace_space trace(slow, {.slab = 1});
  auto in = trace.attach(slow.attach(faulty.attach(std::move(where))));
  auto same = sluice::sync(in.open("file", open_mode::read_write)).value();
  expect_none(sluice::backend_choice::automatic, sluice::way_choice::overlapped, {in, same});
  expect_none(sluice::backend_choice::pool, sluice::way_choice::calls, {in, same});
  EXPECT_GT(trace.counts(sluice::op_kind::read_at).started, 4u * rounds);
  EXPECT_GT(faulty.hits(0), 0u);
  EXPECT_GT(faulty.hits(1), 0u);
}

task<bool> read_and_write_and_sync(site s) {
  auto written = co_await s.f.write_all_at(buffer, 100);
  auto whole = co_await s.f.read_exact_at(buffer, 100);
  auto some = co_await s.f.read_at(buffer, 5000);
  auto synced = co_await s.f.sync_data();
  co_return written.whole() && whole.whole() && some && synced;
}

/// A trace over a throttle over a map over a stripe over two caches over the system: operations wait,
/// are split, and blocks come and go all the time.
TEST_F(Allocations, NoneForFilesMadeOfOthers) {
  sluice::cache_options few;
  few.block = 512;
  few.bytes = 4 * 512;
  sluice::cache_space caches(few);
  sluice::stripe_space stripes;
  sluice::map_space maps({4, 4});
  const auto fresh = open_mode::read_write | open_mode::create;
  std::vector<sluice::backing> members;
  for (const char* name : {"one", "other"}) {
    members.emplace_back(caches.make(sluice::sync(where.open(name, fresh)).value()));
  }
  auto striped = sluice::sync(stripes.make(std::move(members), 1000));
  ASSERT_TRUE(striped);
  std::vector<sluice::backing> backings;
  backings.emplace_back(std::move(*striped));
  auto mapped = maps.make(std::move(backings), {{0, 3000, 0, 7000}, {3000, 7000, 0, 0}}, 10'000);
  ASSERT_TRUE(mapped);
  sluice::throttle_options quick;
  quick.operations_per_second = 100'000;
  quick.burst_operations = 1;
  sluice::throttle_space slow(maps, quick);
  sluice::trace_space trace(slow, {.slab = 2});
  auto traced = trace.attach(slow.attach(std::move(*mapped)));
  loop l;
  bool good = true;
  EXPECT_EQ(l.run(count({where, traced}, read_and_write_and_sync, good)), 0u);
  EXPECT_TRUE(good);
  EXPECT_GT(caches.statistics().evictions, 0u);
  EXPECT_GE(trace.counts(sluice::op_kind::write_segments).started, 2u * rounds);
  EXPECT_EQ(trace.counts(sluice::op_kind::write_segments).failed, 0u);
}

TEST_F(Allocations, NoneWithoutALoop) {
  std::uint64_t before = 0;
  bool good = true;
  for (int i = 0; i < 2 * rounds; ++i) {
    if (i == rounds) before = allocated.load();
    good = good && sluice::sync(sluice::system().nop());
    good = good && sluice::sync(f.read_at(buffer, 0));
    good = good && sluice::sync(f.write_at(buffer, 0));
    good = good && sluice::sync(where.stat("file"));
    auto opened = sluice::sync(where.open("file", open_mode::read));
    good = good && opened && sluice::sync(opened->close());
    good = good && sluice::sync(read({where, f}));
  }
  EXPECT_EQ(allocated.load() - before, 0u);
  EXPECT_TRUE(good);
}

}  // namespace

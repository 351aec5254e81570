// Where the memory of coroutine frames comes from, and that operations need none.
#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "unit/support.hpp"

// A sanitizer has operators of its own: there is nothing to count then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS 0
#endif
#endif
#ifndef COUNTS
#define COUNTS 1
#endif

namespace {

std::atomic<std::size_t> allocations = 0;

}  // namespace

#if COUNTS
void* operator new(std::size_t n) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(n == 0 ? 1 : n)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
#endif

namespace {

using namespace unit;

struct counting_source : sluice::frame_source {
  int given = 0, back = 0;
  std::size_t bytes = 0;
  void* allocate(std::size_t n) override {
    ++given;
    bytes += n;
    return std::malloc(n);
  }
  void release(void* frame, std::size_t n) noexcept override {
    ++back;
    bytes -= n;
    std::free(frame);
  }
};

// Not inlined: a compiler that sees all of a frame's life may do without its memory.
[[gnu::noinline]] task<int> leaf(int n) { co_return n; }

task<long> sum(int n) {
  long total = 0;
  for (int i = 0; i < n; ++i) {
    auto t = leaf(i);
    total += co_await std::move(t);
  }
  co_return total;
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

task<int> fanned(int n) {
  std::array<int, 64> items{};
  auto each = [](int) -> task<void> {
    auto r = co_await sluice::system().nop();
    EXPECT_TRUE(r);
  };
  for (int i = 0; i < n; ++i) {
    auto all = sluice::for_each_concurrent(items, 16, each);
    co_await std::move(all);
  }
  co_return n;
}

class Frames : public on_backend {};
ON_EVERY_BACKEND(Frames);

TEST_P(Frames, SteadyStateAllocatesNothing) {
  if (COUNTS == 0) GTEST_SKIP() << "the sanitizer's allocator is not counted";
  for (auto ways : {sluice::way_choice::calls, sluice::way_choice::overlapped}) {
    loop l(options(ways));
    l.run(sum(10));
    l.run(stats(200));
    l.run(fanned(20));
    const std::size_t before = allocations.load();
    EXPECT_EQ(l.run(sum(1000)), 499500);
    EXPECT_EQ(l.run(stats(1000)), 1000);
    EXPECT_EQ(l.run(fanned(20)), 20);
    EXPECT_EQ(allocations.load(), before);
  }
}

using numbers = sluice::shared_channel<int, 4>;

task<void> send(numbers& into, int n) {
  for (int i = 0; i < n; ++i) {
    auto sent = co_await into.send(i);
    EXPECT_TRUE(sent);
  }
}

task<int> receive(numbers& from, int n) {
  int got = 0;
  for (int i = 0; i < n; ++i) {
    auto one = co_await from.receive();
    if (one) ++got;
  }
  co_return got;
}

/// There and back, by hand and by `run_on`, and values across.
task<int> cross(loop& there, numbers& between, int n) {
  auto start = co_await sluice::this_task();
  int good = 0;
  for (int i = 0; i < n; ++i) {
    co_await sluice::move_to(there);
    co_await sluice::move_to(*start.home);
    auto far = sluice::run_on(there, leaf(1));
    good += co_await std::move(far);
  }
  auto both = sluice::when_all(send(between, n), sluice::run_on(there, receive(between, n)));
  auto ends = co_await std::move(both);
  co_return good + std::get<1>(ends);
}

TEST_P(Frames, MessagesBetweenLoopsNeedNone) {
  if (COUNTS == 0) GTEST_SKIP() << "the sanitizer's allocator is not counted";
  loop here(options()), there(options());
  std::thread other([&] { there.run(); });
  numbers between;
  EXPECT_EQ(here.run(cross(there, between, 100)), 200);
  const std::size_t before = allocations.load();
  EXPECT_EQ(here.run(cross(there, between, 500)), 1000);
  EXPECT_EQ(allocations.load(), before);
  there.stop();
  other.join();
}

[[gnu::noinline]] task<int> from(sluice::frame_source&, int n) { co_return n; }

TEST(FrameSource, AnArgumentSuppliesTheFrame) {
  loop l;
  counting_source mine;
  EXPECT_EQ(l.run(from(mine, 3)), 3);
  EXPECT_EQ(mine.given, 1);
  EXPECT_EQ(mine.back, 1);
  EXPECT_EQ(mine.bytes, 0u);
}

TEST(FrameSource, TheLoopSuppliesTheRest) {
  counting_source of_loop;
  sluice::loop_options o;
  o.frames = &of_loop;
  loop l(o);
  EXPECT_EQ(l.run(sum(10)), 45);
  EXPECT_EQ(of_loop.given, 10) << "the outermost task was made outside of the loop";
  EXPECT_EQ(of_loop.back, 10);
  EXPECT_EQ(of_loop.bytes, 0u);
}

TEST(FrameSource, FramesOfATaskThatMovesGoBackToTheirOwn) {
  // Each loop's frames come from that loop's source, wherever they are when they end.
  counting_source of_here, of_there;
  {
    sluice::loop_options o;
    o.frames = &of_here;
    loop here(o);
    o.frames = &of_there;
    loop there(o);
    std::thread other([&] { there.run(); });
    auto travel = [](loop& to) -> task<long> {
      auto start = co_await sluice::this_task();
      auto made_here = leaf(1);
      co_await sluice::move_to(to);
      auto made_there = leaf(2);
      auto one = co_await std::move(made_here);
      co_await sluice::move_to(*start.home);
      auto two = co_await std::move(made_there);
      co_return one + two;
    };
    auto outer = [](task<long> inner) -> task<long> {
      auto n = co_await std::move(inner);
      co_return n;
    };
    EXPECT_EQ(here.run(outer(travel(there))), 3);
    there.stop();
    other.join();
  }
  EXPECT_EQ(of_here.given, 1);
  EXPECT_EQ(of_there.given, 1);
  EXPECT_EQ(of_here.back, 1);
  EXPECT_EQ(of_there.back, 1);
}

TEST(FrameSource, AFrameMayEndOnAnotherThread) {
  for (int i = 0; i < 100; ++i) {
    auto t = leaf(i);
    std::thread([moved = std::move(t)]() mutable {
      loop l;
      l.run(std::move(moved));
    }).join();
  }
}

}  // namespace

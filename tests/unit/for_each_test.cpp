#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;

struct crowd {
  int now = 0, most = 0, begun = 0;
  void enter() {
    ++begun;
    most = std::max(most, ++now);
  }
  void leave() { --now; }
};

TEST(ForEachConcurrent, NeverMoreThanTheLimit) {
  loop l;
  std::vector<int> items(200);
  std::iota(items.begin(), items.end(), 0);
  for (std::size_t limit : {0u, 1u, 3u, 32u, 1000u}) {
    crowd c;
    long sum = 0;
    auto each = [&](int i) -> task<void> {
      c.enter();
      [[maybe_unused]] auto slept = co_await sluice::system().sleep(i % 3 * 10'000);
      sum += i;
      c.leave();
    };
    l.run(sluice::for_each_concurrent(items, limit, each));
    EXPECT_EQ(sum, 199 * 200 / 2);
    const std::size_t most = std::min<std::size_t>(std::max<std::size_t>(limit, 1), items.size());
    EXPECT_EQ(c.most, static_cast<int>(most));
    EXPECT_EQ(c.now, 0);
  }
}

TEST(ForEachConcurrent, AnExceptionBeginsNothingMore) {
  loop l;
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  crowd c;
  auto each = [&](int i) -> task<void> {
    c.enter();
    [[maybe_unused]] auto slept = co_await sluice::system().sleep(i == 5 ? ms : 1000 * ms);
    c.leave();
    if (i == 5) throw std::runtime_error("five");
  };
  EXPECT_THROW(l.run(sluice::for_each_concurrent(items, 8, each)), std::runtime_error);
  EXPECT_EQ(c.begun, 8);
  EXPECT_EQ(c.now, 0);
}

TEST(ForEachConcurrent, AStopBeginsNothingMore) {
  loop l;
  sluice::stop_source stop(l);
  std::vector<int> items(100);
  crowd c;
  auto each = [&](int) -> task<void> {
    c.enter();
    auto slept = co_await sluice::system().sleep(sluice::never);
    EXPECT_FALSE(slept);
    c.leave();
  };
  begun<void> all(l, sluice::for_each_concurrent(items, 4, each), &stop);
  settle(l);
  EXPECT_EQ(c.now, 4);
  stop.request_stop();
  all.finish(l);
  EXPECT_EQ(c.begun, 4);
}

TEST(ForEachConcurrent, ItemsMayBeMoveOnly) {
  loop l;
  std::vector<int> none;
  auto each = [](int) -> task<void> { co_return; };
  l.run(sluice::for_each_concurrent(none, 4, each));
}

task<bool> enter(sluice::limiter& places, std::vector<int>& order, int who) {
  auto in = co_await places.enter();
  if (in) order.push_back(who);
  co_return in.has_value();
}

TEST(Limiter, ServesInLineAndSkipsThoseWhoStop) {
  loop l;
  sluice::limiter places(1);
  sluice::stop_source stop(l);
  std::vector<int> order;
  begun<bool> a(l, enter(places, order, 1));
  begun<bool> b(l, enter(places, order, 2), &stop);
  begun<bool> c(l, enter(places, order, 3));
  settle(l);
  EXPECT_TRUE(a.done);
  EXPECT_FALSE(b.done);
  stop.request_stop();
  EXPECT_FALSE(b.finish(l));
  EXPECT_FALSE(c.done);
  places.leave();
  EXPECT_TRUE(c.finish(l));
  EXPECT_EQ(order, (std::vector<int>{1, 3}));
  begun<bool> d(l, enter(places, order, 4), &stop);
  EXPECT_FALSE(d.finish(l)) << "who should stop takes no place";
  places.leave();
  begun<bool> e(l, enter(places, order, 5));
  EXPECT_TRUE(e.finish(l));
}

task<sluice::limiter::lease> enter_and_keep(sluice::limiter& places) {
  auto in = co_await places.enter();
  co_return in ? sluice::limiter::lease(places) : sluice::limiter::lease();
}

TEST(Limiter, ALeaseGivesItsPlaceBackOnce) {
  loop l;
  sluice::limiter places(1);
  std::vector<int> order;
  sluice::limiter::lease first = l.run(enter_and_keep(places));
  begun<bool> next(l, enter(places, order, 1));
  {
    const sluice::limiter::lease moved = std::move(first);
    first = sluice::limiter::lease();
    settle(l);
    EXPECT_FALSE(next.done) << "another one has it now";
  }
  settle(l);
  ASSERT_TRUE(next.done);
  EXPECT_TRUE(places.full());

  sluice::limiter::lease second(places);
  second = sluice::limiter::lease();
  EXPECT_FALSE(places.full()) << "what is replaced is given back";
  EXPECT_TRUE(l.run(enter(places, order, 2)));
  EXPECT_TRUE(places.full()) << "once";
}

}  // namespace

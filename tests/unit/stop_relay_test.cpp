// Requests to stop that cross loops.
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::result;

class StopRelay : public on_backend {};
ON_EVERY_BACKEND(StopRelay);

class other_loops {
 public:
  other_loops(int n, const sluice::loop_options& o) {
    for (int i = 0; i < n; ++i) loops_.push_back(std::make_unique<loop>(o));
    for (auto& l : loops_) threads_.emplace_back([&l] { l->run(); });
  }
  ~other_loops() {
    for (auto& l : loops_) l->stop();
    for (auto& t : threads_) t.join();
  }
  loop& operator[](std::size_t i) { return *loops_[i]; }

 private:
  std::vector<std::unique_ptr<loop>> loops_;
  std::vector<std::thread> threads_;
};

task<result<void>> sleep_long(std::atomic<int>& asleep) {
  ++asleep;
  auto r = co_await sluice::system().sleep(3'600'000 * ms);
  co_return r;
}

task<void> stop_when(sluice::stop_source& stop, std::atomic<int>& asleep, int wanted) {
  while (asleep < wanted) co_await sluice::yield();
  stop.request_stop();
}

TEST_P(StopRelay, ReachesATaskOnAnotherLoop) {
  loop mine(options());
  other_loops others(1, options());
  for (int i = 0; i < 50; ++i) {
    sluice::stop_source stop(mine);
    std::atomic<int> asleep = 0;
    begun<result<void>> far(mine, sluice::run_on(others[0], sleep_long(asleep)), &stop);
    begun<void> stopper(mine, stop_when(stop, asleep, 1));
    const auto slept = far.finish(mine);
    stopper.finish(mine);
    ASSERT_FALSE(slept);
    EXPECT_EQ(slept.error(), errc::canceled);
  }
}

/// mine -> first -> second: a relay below a relay.
task<result<void>> two_hops(loop& first, loop& second, std::atomic<int>& asleep) {
  auto pass = [](loop& next, std::atomic<int>& count) -> task<result<void>> {
    auto far = sluice::run_on(next, sleep_long(count));
    auto r = co_await std::move(far);
    co_return r;
  };
  auto near = sluice::run_on(first, pass(second, asleep));
  auto r = co_await std::move(near);
  co_return r;
}

TEST_P(StopRelay, ATreeOfThemReachesEveryBranch) {
  loop mine(options());
  other_loops others(2, options());
  sluice::stop_source stop(mine);
  std::atomic<int> asleep = 0;
  begun<result<void>> a(mine, two_hops(others[0], others[1], asleep), &stop);
  begun<result<void>> b(mine, two_hops(others[1], others[0], asleep), &stop);
  begun<result<void>> c(mine, sleep_long(asleep), &stop);
  begun<void> stopper(mine, stop_when(stop, asleep, 3));
  for (auto* one : {&a, &b, &c}) {
    const auto slept = one->finish(mine);
    ASSERT_FALSE(slept);
    EXPECT_EQ(slept.error(), errc::canceled);
  }
  stopper.finish(mine);
}

task<bool> begin_stopped(loop& there) {
  auto here = co_await sluice::this_task();
  sluice::stop_source stop(*here.home);
  stop.request_stop();
  sluice::stop_relay relay(stop, there);
  auto look = [](sluice::stop_source& s) -> task<bool> { co_return s.stop_requested(); };
  auto far = sluice::run_on(there, look(relay.source()));
  const bool seen = co_await std::move(far);
  co_await relay.close();
  co_return seen;
}

TEST_P(StopRelay, MadeAfterTheRequestIsAskedFromTheStart) {
  loop mine(options());
  other_loops others(1, options());
  EXPECT_TRUE(mine.run(begin_stopped(others[0])));
}

task<bool> close_at_once(loop& there) {
  auto here = co_await sluice::this_task();
  sluice::stop_source stop(*here.home);
  sluice::stop_relay relay(stop, there);
  stop.request_stop();
  co_await relay.close();  // the message is under way: the relay must not end before it is back
  co_return relay.source().stop_requested();
}

task<bool> close_unasked(loop& there) {
  auto here = co_await sluice::this_task();
  sluice::stop_source stop(*here.home);
  sluice::stop_relay relay(stop, there);
  co_await relay.close();
  stop.request_stop();
  co_return relay.source().stop_requested();
}

TEST_P(StopRelay, ClosingWaitsForItsMessage) {
  loop mine(options());
  other_loops others(1, options());
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(mine.run(close_at_once(others[0])));
    ASSERT_FALSE(mine.run(close_unasked(others[0])));
  }
}

/// The request and the end of the task pass each other in many orders.
TEST_P(StopRelay, RacesWithTheEndOfWhatListens) {
  loop mine(options());
  other_loops others(1, options());
  for (int i = 0; i < 300; ++i) {
    sluice::stop_source stop(mine);
    auto nap = [](int n) -> task<result<void>> {
      auto r = co_await sluice::system().sleep(n % 60 * 1000);
      co_return r;
    };
    auto ask = [](sluice::stop_source& s, int n) -> task<void> {
      auto r = co_await sluice::system().sleep(n % 50 * 1000);
      static_cast<void>(r);
      s.request_stop();
    };
    begun<result<void>> far(mine, sluice::run_on(others[0], nap(i)), &stop);
    begun<void> stopper(mine, ask(stop, i / 7));
    const auto ended = far.finish(mine);
    stopper.finish(mine);
    if (!ended) {
      ASSERT_EQ(ended.error(), errc::canceled);
    }
  }
}

}  // namespace

// Tasks that go from one loop to another, and requests to stop that follow them.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::move_to;
using sluice::result;

/// A loop on a thread of its own, for as long as it lives.
class elsewhere {
 public:
  explicit elsewhere(const sluice::loop_options& o) : loop_(o), thread_([this] { loop_.run(); }) {}
  ~elsewhere() {
    loop_.stop();
    thread_.join();
  }
  elsewhere(const elsewhere&) = delete;
  elsewhere& operator=(const elsewhere&) = delete;
  loop& on() { return loop_; }
  std::thread::id id() const { return thread_.get_id(); }

 private:
  loop loop_;
  std::thread thread_;
};

class Move : public on_backend {};
ON_EVERY_BACKEND(Move);

std::thread::id here() { return std::this_thread::get_id(); }

task<result<void>> sleep_for(sluice::time_point_ns t) {
  auto r = co_await sluice::system().sleep(t);
  co_return r;
}

task<std::vector<std::thread::id>> visit(elsewhere& there) {
  std::vector<std::thread::id> seen = {here()};
  auto start = co_await sluice::this_task();
  co_await move_to(there.on());
  seen.push_back(here());
  auto slept = co_await sluice::system().sleep(1);
  seen.push_back(slept ? here() : std::thread::id());
  auto child = sleep_for(1);
  auto slept_again = co_await std::move(child);
  seen.push_back(slept_again ? here() : std::thread::id());
  auto around = co_await sluice::this_task();
  EXPECT_EQ(around.home, &there.on());
  co_await move_to(*start.home);
  seen.push_back(here());
  co_return seen;
}

TEST_P(Move, LaterOperationsAreTheOtherLoops) {
  loop mine(options());
  elsewhere other(options());
  const std::vector<std::thread::id> expected = {here(), other.id(), other.id(), other.id(), here()};
  EXPECT_EQ(mine.run(visit(other)), expected);
}

task<std::thread::id> end_abroad(loop& there) {
  co_await move_to(there);
  co_return here();
}

task<bool> await_a_traveller(loop& there) {
  const auto before = here();
  auto traveller = end_abroad(there);
  auto ended_on = co_await std::move(traveller);
  const bool stayed = here() == before;
  auto slept = co_await sluice::system().sleep(1);
  co_return stayed && ended_on != before && slept.has_value() && here() == before;
}

TEST_P(Move, WhoAwaitsATaskThatMovesStays) {
  loop mine(options());
  elsewhere other(options());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(mine.run(await_a_traveller(other.on())));
}

task<void> throw_abroad(loop& there) {
  co_await move_to(there);
  throw std::runtime_error("abroad");
}

TEST_P(Move, AnExceptionComesHome) {
  loop mine(options());
  elsewhere other(options());
  EXPECT_THROW(mine.run(throw_abroad(other.on())), std::runtime_error);
}

task<void> spread(std::vector<std::unique_ptr<elsewhere>>& all, std::atomic<int>& ended) {
  auto body = [&](sluice::scope& children) -> task<void> {
    auto child = [](loop& there, std::atomic<int>& count) -> task<void> {
      co_await move_to(there);
      auto slept = co_await sluice::system().sleep(1);
      if (slept) ++count;
    };
    for (int i = 0; i < 50; ++i) {
      for (auto& e : all) children.spawn(child(e->on(), ended));
    }
    co_return;
  };
  auto whole = sluice::with_scope(body);
  co_await std::move(whole);
}

TEST_P(Move, AScopeJoinsChildrenThatEndAbroad) {
  loop mine(options());
  std::vector<std::unique_ptr<elsewhere>> all;
  for (int i = 0; i < 3; ++i) all.push_back(std::make_unique<elsewhere>(options()));
  std::atomic<int> ended = 0;
  mine.run(spread(all, ended));
  EXPECT_EQ(ended, 150);
}

/// Goes round `times` times; what it counts is its own, whatever thread it is on.
task<int> migrate(std::vector<loop*> stops, int times) {
  auto start = co_await sluice::this_task();
  int on_the_right_one = 0;
  for (int i = 0; i < times; ++i) {
    loop& next = *stops[static_cast<std::size_t>(i) % stops.size()];
    co_await move_to(next);
    auto child = sleep_for(i % 16 == 0 ? 1 : 0);
    auto slept = co_await std::move(child);
    on_the_right_one += slept && sluice::port::current_driver() == &next ? 1 : 0;
  }
  co_await move_to(*start.home);
  co_return on_the_right_one;
}

TEST_P(Move, AThousandTimesWhileOthersDoTheSame) {
  loop mine(options());
  elsewhere a(options()), b(options());
  auto all = [](loop& m, loop& x, loop& y) -> task<int> {
    const std::vector<loop*> one_way = {&x, &y, &m}, other_way = {&y, &m, &x};
    auto three = sluice::when_all(migrate(one_way, 1000), migrate(other_way, 1000),
                                  migrate(one_way, 1000));
    auto counts = co_await std::move(three);
    co_return std::get<0>(counts) + std::get<1>(counts) + std::get<2>(counts);
  };
  EXPECT_EQ(mine.run(all(mine, a.on(), b.on())), 3000);
}

task<bool> stay(loop& where) {
  auto before = co_await sluice::this_task();
  co_await move_to(where);
  auto after = co_await sluice::this_task();
  co_return before.home == after.home && before.stop == after.stop;
}

TEST_P(Move, ToWhereItIsChangesNothing) {
  loop l(options());
  sluice::stop_source stop(l);
  begun<bool> b(l, stay(l), &stop);
  EXPECT_TRUE(b.finish(l));
}

struct sources {
  sluice::stop_source* before = nullptr;
  sluice::stop_source* abroad = nullptr;
  sluice::stop_source* with_one = nullptr;
  sluice::stop_source* back = nullptr;
};

task<sources> look_at_sources(loop& there, sluice::stop_source& given) {
  sources s;
  auto at = co_await sluice::this_task();
  s.before = at.stop;
  loop& home = static_cast<loop&>(*at.home);
  co_await move_to(there);
  at = co_await sluice::this_task();
  s.abroad = at.stop;
  co_await move_to(there, &given);
  at = co_await sluice::this_task();
  s.with_one = at.stop;
  co_await move_to(home);
  at = co_await sluice::this_task();
  s.back = at.stop;
  co_return s;
}

TEST_P(Move, LeavesTheStopSourceBehindAndFindsItAgain) {
  loop mine(options());
  elsewhere other(options());
  sluice::stop_source stop(mine), there(other.on());
  begun<sources> b(mine, look_at_sources(other.on(), there), &stop);
  const sources s = b.finish(mine);
  EXPECT_EQ(s.before, &stop);
  EXPECT_EQ(s.abroad, nullptr);
  EXPECT_EQ(s.with_one, &there);
  EXPECT_EQ(s.back, &stop);
}

task<int> add(int a, int b) { co_return a + b; }
task<std::thread::id> where() { co_return here(); }
task<int> fail() {
  throw std::runtime_error("there");
  co_return 0;
}

TEST_P(Move, RunOnGivesTheResultOrTheException) {
  loop mine(options());
  elsewhere other(options());
  EXPECT_EQ(mine.run(sluice::run_on(other.on(), add(2, 3))), 5);
  EXPECT_EQ(mine.run(sluice::run_on(other.on(), where())), other.id());
  EXPECT_THROW(mine.run(sluice::run_on(other.on(), fail())), std::runtime_error);
  EXPECT_EQ(mine.run(sluice::run_on(mine, where())), here()) << "a loop may be its own other";
  EXPECT_EQ(sluice::sync(sluice::run_on(other.on(), where())), other.id()) << "without a loop";
}

/// Everything between two loops that ping-pong; each way is a wake-up.
TEST_P(Move, PingPongLosesNothing) {
  loop mine(options());
  elsewhere other(options());
  auto play = [](loop& there, int times) -> task<int> {
    int sum = 0;
    for (int i = 0; i < times; ++i) {
      auto there_and_back = sluice::run_on(there, add(sum, 1));
      sum = co_await std::move(there_and_back);
    }
    co_return sum;
  };
  EXPECT_EQ(mine.run(play(other.on(), 2000)), 2000);
}

#if !defined(NDEBUG) && GTEST_HAS_DEATH_TEST
/// With a source of the loop it left.
task<void> move_with(loop& there, sluice::stop_source& of_here) {
  co_await move_to(there, &of_here);
}
task<void> sleep_under(sluice::stop_source& of_another) {
  auto r = co_await sluice::system().sleep(1).stop_with(of_another);
  static_cast<void>(r);
}

TEST_P(Move, ASourceOfAnotherLoopIsRefused) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  loop mine(options()), other(options());
  sluice::stop_source of_mine(mine), of_other(other);
  EXPECT_DEATH(mine.run(move_with(other, of_mine)), "stop source of another");
  EXPECT_DEATH(mine.run(sleep_under(of_other)), "stop source of another");
}
#endif

}  // namespace

#include <stdexcept>
#include <string>

#include "unit/support.hpp"

namespace {

using namespace unit;

task<void> count_after(int& n, sluice::time_point_ns wait) {
  auto slept = co_await sluice::system().sleep(wait);
  if (slept) ++n;
}

task<void> until_stopped(std::string& log) {
  auto slept = co_await sluice::system().sleep(sluice::never);
  log += slept ? "slept" : slept.error() == errc::canceled ? "s" : "?";
}

task<void> throws(const char* what, sluice::time_point_ns wait) {
  [[maybe_unused]] auto slept = co_await sluice::system().sleep(wait);
  throw std::runtime_error(what);
}

std::string thrown_by(task<void> t) {
  loop l;
  try {
    l.run(std::move(t));
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "nothing";
}

TEST(Scope, JoinsItsChildren) {
  loop l;
  int n = 0;
  l.run([](int& n) -> task<void> {
    auto body = [&n](sluice::scope& s) -> task<void> {
      for (int i = 0; i < 20; ++i) s.spawn(count_after(n, i % 5 * ms));
      EXPECT_EQ(s.children(), 20u);
      co_return;
    };
    auto all = sluice::with_scope(body);
    co_await std::move(all);
    EXPECT_EQ(n, 20);
  }(n));
  EXPECT_EQ(n, 20);
}

TEST(Scope, AnEmptyOneEndsAtOnce) {
  auto body = [](sluice::scope&) -> task<void> { co_return; };
  EXPECT_EQ(thrown_by(sluice::with_scope(body)), "nothing");
}

TEST(Scope, TheFirstExceptionWinsAndStopsTheRest) {
  std::string log;
  auto body = [&log](sluice::scope& s) -> task<void> {
    s.spawn(until_stopped(log));
    s.spawn(throws("late", 8 * ms));  // is woken early by the stop, and throws then
    s.spawn(throws("early", 1 * ms));
    co_return;
  };
  EXPECT_EQ(thrown_by(sluice::with_scope(body)), "early");
  EXPECT_EQ(log, "s");
}

TEST(Scope, TheBodysExceptionIsFirstWhenItIs) {
  std::string log;
  auto body = [&log](sluice::scope& s) -> task<void> {
    s.spawn(until_stopped(log));
    s.spawn(throws("child", sluice::never));
    co_await sluice::yield();
    throw std::runtime_error("body");
  };
  EXPECT_EQ(thrown_by(sluice::with_scope(body)), "body");
  EXPECT_EQ(log, "s");
}

TEST(Scope, StopReachesGrandchildrenAndWhoIsSpawnedLater) {
  std::string log;
  auto inner = [&log](sluice::scope& s) -> task<void> {
    s.spawn(until_stopped(log));
    co_return;
  };
  auto body = [&log, &inner](sluice::scope& s) -> task<void> {
    s.spawn(sluice::with_scope(inner));
    s.spawn(until_stopped(log));
    [[maybe_unused]] auto slept = co_await sluice::system().sleep(ms);
    s.stop();
    EXPECT_TRUE(s.stop_requested());
    s.spawn(until_stopped(log));
  };
  EXPECT_EQ(thrown_by(sluice::with_scope(body)), "nothing");
  EXPECT_EQ(log, "sss");
}

task<int> after(int n, sluice::time_point_ns wait) {
  auto slept = co_await sluice::system().sleep(wait);
  co_return slept ? n : -n;
}
task<void> plain() { co_return; }
task<int> throws_int(const char* what) {
  co_await sluice::yield();
  throw std::runtime_error(what);
}

TEST(WhenAll, GivesAllResultsInOrder) {
  loop l;
  auto r = l.run(sluice::when_all(after(1, 3 * ms), plain(), after(2, ms)));
  EXPECT_EQ(std::get<0>(r), 1);
  EXPECT_EQ(std::get<2>(r), 2);
}

TEST(WhenAll, OfNothing) {
  loop l;
  l.run(sluice::when_all());
}

TEST(WhenAll, WaitsForAllBeforeItRethrows) {
  loop l;
  int n = 0;
  EXPECT_THROW(l.run(sluice::when_all(throws_int("x"), count_after(n, 2 * ms))),
               std::runtime_error);
  EXPECT_EQ(n, 1);
}

TEST(WhenAny, StopsAndAwaitsTheLosersAndKeepsTheirResults) {
  loop l;
  auto r = l.run(sluice::when_any(after(1, sluice::never), after(2, ms), after(3, 10'000 * ms)));
  EXPECT_EQ(r.index, 1u);
  EXPECT_EQ(std::get<0>(r.results), -1);
  EXPECT_EQ(std::get<1>(r.results), 2);
  EXPECT_EQ(std::get<2>(r.results), -3);
}

TEST(WhenAny, ALoserThatHasDoneItsWorkSaysSo) {
  loop l;
  auto r = l.run(sluice::when_any(plain(), after(5, 0)));
  EXPECT_EQ(r.index, 0u);
  EXPECT_EQ(std::abs(std::get<1>(r.results)), 5);
}

TEST(WhenAny, AStopFromOutsideEndsAll) {
  loop l;
  sluice::stop_source stop(l);
  auto both = sluice::when_any(after(1, sluice::never), after(2, sluice::never));
  begun b(l, std::move(both), &stop);
  settle(l);
  EXPECT_FALSE(b.done);
  stop.request_stop();
  auto r = b.finish(l);
  EXPECT_EQ(std::get<0>(r.results), -1);
  EXPECT_EQ(std::get<1>(r.results), -2);
}

}  // namespace

// Awaiting Sluice in coroutine types that know nothing of it.
#include <exception>
#include <thread>

#include "unit/support.hpp"

namespace {

using namespace unit;

struct detached {
  struct promise_type {
    detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

/// Names its surroundings in its promise.
struct surrounded {
  struct promise_type : detached::promise_type {
    sluice::surroundings where;
    promise_type(sluice::surroundings s, auto&...) noexcept : where(s) {}
    sluice::surroundings sluice_surroundings() noexcept { return where; }
    surrounded get_return_object() noexcept { return {}; }
  };
};

class Foreign : public on_backend {};
ON_EVERY_BACKEND(Foreign);

struct seen {
  int value = 0;
  sluice::error why;
  std::thread::id where;
  bool done = false;
};

void turn_until(loop& l, const bool& done) {
  while (!done) l.run_once();
}

task<int> doubled(int n) {
  co_await sluice::yield();
  co_return 2 * n;
}
task<int> thrower() {
  co_await sluice::yield();
  throw std::runtime_error("from a task");
}

detached await_a_task(loop& l, int n, seen& s) {
  s.value = co_await sluice::on(l, doubled(n));
  s.done = true;
}

TEST_P(Foreign, TasksBeginBetweenTwoTurns) {
  loop l(options());
  seen a, b;
  await_a_task(l, 1, a);
  await_a_task(l, 2, b);
  EXPECT_FALSE(a.done) << "nothing is resumed inside the call";
  turn_until(l, a.done);
  turn_until(l, b.done);
  EXPECT_EQ(a.value, 2);
  EXPECT_EQ(b.value, 4);
}

detached catches(loop& l, seen& s) {
  try {
    s.value = co_await sluice::on(l, thrower());
  } catch (const std::runtime_error&) {
    s.value = -1;
  }
  s.done = true;
}

TEST_P(Foreign, ExceptionsOfTasksArriveThere) {
  loop l(options());
  seen s;
  catches(l, s);
  turn_until(l, s.done);
  EXPECT_EQ(s.value, -1);
}

detached goes_there(loop& l, seen& s) {
  auto done = co_await sluice::on(l, sluice::system().nop());
  s.where = std::this_thread::get_id();
  s.value = done ? 1 : 0;
  s.done = true;
}

TEST_P(Foreign, AnotherThreadsCoroutineGoesOnOnTheLoopsThread) {
  loop l(options());
  seen s;
  std::thread other([&] { goes_there(l, s); });
  turn_until(l, s.done);
  other.join();
  EXPECT_EQ(s.value, 1);
  EXPECT_EQ(s.where, std::this_thread::get_id());
}

detached many_nops(loop& l, int& left, bool& done) {
  while (left > 0) {
    auto r = co_await sluice::on(l, sluice::system().nop());
    if (!r) break;
    --left;
  }
  done = true;
}

TEST_P(Foreign, ManyAwaitsInARowNeedNoStack) {
  loop l(options());
  int left = 100'000;  // of a hundred bytes each would be more than there is
  bool done = false;
  many_nops(l, left, done);
  turn_until(l, done);
  EXPECT_EQ(left, 0);
}

detached receives(loop& l, sluice::channel<int, 1>& from, seen& s) {
  auto got = co_await sluice::on(l, from.receive());
  if (got) s.value = *got;
  s.done = true;
}
task<void> sends(sluice::channel<int, 1>& into) {
  auto sent = co_await into.send(7);
  EXPECT_TRUE(sent);
}

TEST_P(Foreign, ChannelsJoinBothWorlds) {
  loop l(options());
  sluice::channel<int, 1> c;
  seen s;
  receives(l, c, s);
  l.run(sends(c));
  turn_until(l, s.done);
  EXPECT_EQ(s.value, 7);
}

surrounded sleeps_long(sluice::surroundings, seen& s) {
  auto slept = co_await sluice::system().sleep(3'600'000 * ms);
  s.why = slept ? sluice::error() : slept.error();
  s.done = true;
}
surrounded awaits_plainly(sluice::surroundings, int n, seen& s) {
  auto work = doubled(n);
  s.value = co_await std::move(work);
  s.done = true;
}

TEST_P(Foreign, APromiseCanNameItsDriverAndStopSource) {
  loop l(options());
  sluice::stop_source stop(l);
  seen s, t;
  sleeps_long({&l, &stop}, s);
  awaits_plainly({&l, &stop}, 3, t);
  settle(l);
  EXPECT_FALSE(s.done);
  stop.request_stop();
  turn_until(l, s.done);
  turn_until(l, t.done);
  EXPECT_EQ(s.why, errc::canceled);
  EXPECT_EQ(t.value, 6);
}

}  // namespace

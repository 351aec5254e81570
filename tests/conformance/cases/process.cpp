// Signals, children, time.
#include <signal.h>
#include <unistd.h>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(a_signal_arrives, wait_signal, close) {
  const auto blocked = block_signals({SIGUSR1, SIGUSR2});
  REQUIRE_GOOD(blocked);
  auto listening = system().signals({SIGUSR1, SIGUSR2});
  REQUIRE_GOOD(listening);
  signal_stream signals = p.adopted(std::move(*listening));
  CHECK_SAME(::kill(::getpid(), SIGUSR2), 0);
  const auto got = co_await signals.next();
  REQUIRE_GOOD(got);
  CHECK_SAME(got->number, SIGUSR2);
  CHECK_SAME(got->sender_process, static_cast<std::uint32_t>(::getpid()));
  const auto closed = co_await signals.close();
  CHECK_GOOD(closed);
}

SLUICE_LOOP_CASE(waiting_for_a_signal_can_end_early, wait_signal) {
  const auto blocked = block_signals({SIGUSR1});
  REQUIRE_GOOD(blocked);
  auto listening = system().signals({SIGUSR1});
  REQUIRE_GOOD(listening);
  const signal_stream signals = p.adopted(std::move(*listening));
  const auto none = co_await signals.next().within(2'000'000);
  CHECK_FAILS(none, timed_out);
  CHECK_SAME(::kill(::getpid(), SIGUSR1), 0);
  const auto kept = co_await signals.next().within(5'000'000'000);
  REQUIRE_GOOD(kept);
  CHECK_SAME(kept->number, SIGUSR1);
}

int start_child(const char* program, const char* argument = nullptr) {
  const int id = ::fork();
  if (id == 0) {
    ::execlp(program, program, argument, static_cast<char*>(nullptr));
    ::_exit(127);
  }
  return id;
}

SLUICE_CASE(a_child_ends, wait_child, close) {
  const int good = start_child("true");
  REQUIRE_THAT(good > 0);
  auto watched = system().watch_child(good);
  REQUIRE_GOOD(watched);
  child c = p.adopted(std::move(*watched));
  const auto ended = co_await c.exited();
  REQUIRE_GOOD(ended);
  CHECK_SAME(ended->status, 0);
  CHECK_THAT(!ended->signaled);
  const auto closed = co_await c.close();
  CHECK_GOOD(closed);
  const int bad = start_child("false");
  REQUIRE_THAT(bad > 0);
  auto other = system().watch_child(bad);
  REQUIRE_GOOD(other);
  const child d = p.adopted(std::move(*other));
  const auto failed = co_await d.exited();
  REQUIRE_GOOD(failed);
  CHECK_SAME(failed->status, 1);
}

SLUICE_LOOP_CASE(waiting_for_a_child_can_end_early, wait_child) {
  const int id = start_child("sleep", "60");
  REQUIRE_THAT(id > 0);
  const int stopped = ::kill(id, SIGSTOP);
  CHECK_SAME(stopped, 0);
  auto watched = system().watch_child(id);
  REQUIRE_GOOD(watched);
  const child c = p.adopted(std::move(*watched));
  const auto still = co_await c.exited().within(2'000'000);
  CHECK_FAILS(still, timed_out);
  CHECK_SAME(::kill(id, SIGKILL), 0);
  const auto ended = co_await c.exited();
  REQUIRE_GOOD(ended);
  CHECK_THAT(ended->signaled);
  CHECK_SAME(ended->status, SIGKILL);
}

task<void> sleep_and_note(time_point_ns time, std::vector<int>& order, int number) {
  const auto slept = co_await system().sleep(time);
  order.push_back(slept ? number : -number);
}

SLUICE_LOOP_CASE(timers_fire_in_their_order, sleep) {
  auto here = co_await this_task();
  std::vector<int> order;
  scope sleepers(here);
  for (int i = 20; i > 0; --i) {
    sleepers.spawn(sleep_and_note(i * 500'000, order, i));
  }
  sleepers.spawn(sleep_and_note(0, order, 0));
  co_await sleepers.join();
  CHECK_SAME(order.size(), 21u);
  for (int i = 0; i <= 20; ++i) CHECK_SAME(order[static_cast<std::size_t>(i)], i);
}

SLUICE_LOOP_CASE(a_sleep_can_end_early, sleep) {
  auto here = co_await this_task();
  std::vector<int> order;
  scope sleepers(here);
  sleepers.spawn(sleep_and_note(3'600'000'000'000, order, 1));
  co_await yield();
  co_await yield();
  sleepers.stop();
  co_await sleepers.join();
  REQUIRE_THAT(order.size() == 1);
  CHECK_SAME(order[0], -1);
}

SLUICE_CASE(a_sleep_takes_its_time, sleep) {
  auto here = co_await this_task();
  const time_point_ns begun = here.home->now();
  const auto slept = co_await system().sleep(3'000'000);
  CHECK_GOOD(slept);
  CHECK_THAT(here.home->now() - begun >= 3'000'000);
}

SLUICE_CASE(nops_complete, nop) {
  int good = 0;
  for (int i = 0; i < 100; ++i) {
    const auto done = co_await system().nop();
    good += done.has_value() ? 1 : 0;
  }
  CHECK_SAME(good, 100);
}

}  // namespace
}  // namespace sluice::conformance

// Loops that sleep are woken when there is something to do, and not much more often.
#include <atomic>
#include <thread>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

struct counted : job {
  explicit counted(std::atomic<int>& c) : count(&c) {
    run = [](job& me) noexcept { ++*static_cast<counted&>(me).count; };
  }
  std::atomic<int>* count;
};

using std::chrono::milliseconds;

/// Turns the loop until so many jobs have run; how many turns that took.
int turns_until(loop& l, const std::atomic<int>& count, int wanted) {
  int turns = 0;
  while (count < wanted) {
    l.run_once();
    ++turns;
  }
  return turns;
}

SLUICE_THREADS_CASE(wake_test_single, open) {
  const auto sleeping = p.another_loop();
  std::atomic<int> count = 0;
  counted first(count), second(count);
  std::thread waker([&] {
    std::this_thread::sleep_for(milliseconds(50));
    sleeping->post(first);
    std::this_thread::sleep_for(milliseconds(50));
    sleeping->post(second);
  });
  CHECK_THAT(turns_until(*sleeping, count, 1) <= 5);
  CHECK_SAME(count.load(), 1);
  CHECK_THAT(turns_until(*sleeping, count, 2) <= 5);
  waker.join();
  const auto works = co_await p.root.open(".", open_mode::read);
  CHECK_GOOD(works);
}

/// One after the other, each from a thread that nobody has seen before.
SLUICE_THREADS_CASE(wake_test_lot, open) {
  const auto sleeping = p.another_loop();
  std::atomic<int> count = 0;
  int turns = 0;
  for (int i = 1; i <= 2000; ++i) {
    counted j(count);
    std::thread waker([&] { sleeping->post(j); });
    turns += turns_until(*sleeping, count, i);
    waker.join();
  }
  CHECK_SAME(count.load(), 2000);
  CHECK_THAT(turns <= 2 * 2000 + 10);
  const auto works = co_await p.root.open(".", open_mode::read);
  CHECK_GOOD(works);
}

/// All at once from eight threads, while the loop goes to sleep whenever it can.
SLUICE_THREADS_CASE(two_thousand_wakes_at_once, open) {
  const auto sleeping = p.another_loop();
  std::atomic<int> count = 0;
  std::deque<counted> jobs;
  for (int i = 0; i < 2000; ++i) jobs.emplace_back(count);
  std::vector<std::thread> wakers;
  for (std::size_t t = 0; t < 8; ++t) {
    wakers.emplace_back([&, t] {
      for (std::size_t i = t; i < 2000; i += 8) sleeping->post(jobs[i]);
    });
  }
  const int turns = turns_until(*sleeping, count, 2000);
  for (std::thread& t : wakers) t.join();
  CHECK_SAME(count.load(), 2000);
  CHECK_THAT(turns <= 2 * 2000 + 10);
  CHECK_THAT(sleeping->statistics().wakeups <= 2000);
  const auto works = co_await p.root.open(".", open_mode::read);
  CHECK_GOOD(works);
}

/// Posts itself again from its own turn.
struct again : job {
  again(loop& l, int n) : of(l), left(n) {
    run = [](job& me) noexcept {
      auto& self = static_cast<again&>(me);
      if (--self.left > 0) self.of.post(self);
    };
  }
  loop& of;
  int left;
};

SLUICE_LOOP_CASE(self_wake, open) {
  const auto other = p.another_loop();
  again j(*other, 2000);
  other->post(j);
  int turns = 0;
  for (; j.left > 0 && turns < 10'000; ++turns) other->run_once();
  CHECK_SAME(j.left, 0);
  CHECK_THAT(turns <= 2 * 2000 + 10);
  for (int i = 0; i < 2000; ++i) co_await yield();
  const auto works = co_await p.root.open(".", open_mode::read);
  CHECK_GOOD(works);
}

SLUICE_THREADS_CASE(self_no_doublewake, open) {
  const auto other = p.another_loop();
  std::atomic<int> count = 0;
  counted own(count), late(count);
  while (other->run_once(0)) {
  }
  other->post(own);
  CHECK_SAME(turns_until(*other, count, 1), 1);
  std::thread waker([&] {
    std::this_thread::sleep_for(milliseconds(100));
    other->post(late);
  });
  // The wake-up that the first post left behind may end one turn; then it sleeps.
  CHECK_THAT(turns_until(*other, count, 2) <= 2);
  waker.join();
  const auto works = co_await p.root.open(".", open_mode::read);
  CHECK_GOOD(works);
}

task<void> wait_for_byte(const stream& from, std::atomic<int>& count) {
  bytes buffer(1);
  const auto n = co_await from.read_some(buffer);
  count += n && *n == 1 ? 1 : 1000;
}

/// A loop that waits for a stream sleeps: what turns it is the byte, and little else.
SLUICE_THREADS_CASE(a_waiting_loop_sleeps, read) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  std::atomic<int> count = 0;
  int turns = 0;
  {
    const auto other = p.another_loop();
    const surroundings there{other.get(), nullptr};
    scope reading(there);
    reading.spawn(wait_for_byte(ends->reader, count));
    std::thread sender([&] {
      std::this_thread::sleep_for(milliseconds(50));
      static_cast<void>(sluice::sync(ends->writer.write_some(as_bytes("x"))));
    });
    turns = turns_until(*other, count, 1);
    sender.join();
    while (reading.children() > 0) other->run_once();
  }
  CHECK_SAME(count.load(), 1);
  CHECK_THAT(turns <= 20);
  co_await one_byte_through_a_pipe(p);
}

task<void> read_often(const file& f, int times, int& good) {
  bytes buffer(64);
  for (int i = 0; i < times; ++i) {
    const auto n = co_await f.read_at(buffer, 0);
    good += n && *n == 64 ? 1 : 0;
  }
}

SLUICE_LOOP_CASE(a_thousand_completions_wake_no_more_often, open, read_at) {
  const auto f = co_await make_file(p.root, "f", pattern(64));
  REQUIRE_GOOD(f);
  auto here = co_await this_task();
  const loop_statistics before = p.home().statistics();
  int good = 0;
  scope readers(here);
  for (int i = 0; i < 20; ++i) readers.spawn(read_often(*f, 50, good));
  co_await readers.join();
  const loop_statistics after = p.home().statistics();
  CHECK_SAME(good, 1000);
  const auto pieces = 8u;  // what filters cut a read into
  CHECK_THAT(after.wakeups - before.wakeups <= 1000 * pieces + 10);
  CHECK_THAT(after.kernel_entries - before.kernel_entries <= 2 * 1000 * pieces + 10);
}

}  // namespace
}  // namespace sluice::conformance

// Many cores.
#include <sluice/sluice.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

constexpr sluice::time_point_ns second = 1'000'000'000;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

void on_each(sluice::cores& all) {
  std::atomic<unsigned> greeted = 0;
  auto main = [&](sluice::core& here) -> sluice::task<void> {
    auto slept = co_await sluice::system().sleep(1);  // on the loop here.on()
    if (slept && here.index() < all.size()) ++greeted;
  };
  all.run(main);  // returns when all have ended
  expect(greeted == all.size(), "each core ran it");
}

sluice::task<long> sum_up_to(long n) {
  long sum = 0;
  for (long i = 1; i <= n; ++i) sum += i;
  co_return sum;
}

sluice::task<long> ask_two(sluice::cores& all) {
  auto there = all.on(0, sum_up_to(1000));
  auto elsewhere = all.on(all.size() - 1, sum_up_to(2000));
  auto both = sluice::when_all(std::move(there), std::move(elsewhere));
  auto sums = co_await std::move(both);
  co_return std::get<0>(sums) + std::get<1>(sums);
}

sluice::task<std::thread::id> travel(sluice::loop& there) {
  auto start = co_await sluice::this_task();
  co_await sluice::move_to(there);
  const auto thread = std::this_thread::get_id();
  auto slept = co_await sluice::system().sleep(1);  // an operation of the other loop
  expect(slept && std::this_thread::get_id() == thread, "still there");
  co_await sluice::move_to(*start.home);
  co_return thread;
}

using numbers = sluice::shared_channel<int, 8>;

sluice::task<void> produce(numbers& into, int from, int to) {
  for (int i = from; i < to; ++i) {
    auto sent = co_await into.send(i);  // waits while eight are in there
    if (!sent) co_return;
  }
}

sluice::task<int> consume(numbers& from) {
  int sum = 0;
  for (;;) {
    auto n = co_await from.receive();
    if (!n) co_return sum;  // closed and empty
    sum += *n;
  }
}

void by_channel(sluice::cores& all) {
  numbers between;
  std::thread no_loop([&] {
    sluice::sync(produce(between, 0, 50));
    all.run_on(0, produce(between, 50, 101));
    between.close();
  });
  const int sum = all.run_on(all.size() - 1, consume(between));
  no_loop.join();
  expect(sum == 5050, "every value once");
}

sluice::task<sluice::error> sleep_long() {
  auto slept = co_await sluice::system().sleep(3600 * second);
  co_return slept ? sluice::error() : slept.error();
}

sluice::task<void> stop_soon(sluice::stop_source& stop) {
  auto slept = co_await sluice::system().sleep(1);
  (void)slept;
  stop.request_stop();
}

// A relay for each core: one request, heard everywhere.
sluice::task<sluice::error> sleep_there(sluice::core& there, sluice::stop_source& stop) {
  auto here = co_await sluice::this_task();
  sluice::stop_relay relay(stop, there.on());
  co_await sluice::move_to(there.on(), &relay.source());
  auto sleeping = sleep_long();
  auto why = co_await std::move(sleeping);
  co_await sluice::move_to(*here.home);
  co_await relay.close();
  co_return why;
}

sluice::task<void> stop_all_of_them(sluice::cores& all) {
  auto here = co_await sluice::this_task();
  sluice::stop_source stop(*here.home);
  auto three = sluice::when_all(sleep_there(all[0], stop), sleep_there(all[all.size() - 1], stop),
                                stop_soon(stop));
  auto ends = co_await std::move(three);
  expect(std::get<0>(ends) == sluice::errc::canceled, "the first ended early");
  expect(std::get<1>(ends) == sluice::errc::canceled, "the second, too");
}

void one_fails(sluice::cores& all) {
  auto fail = []() -> sluice::task<void> {
    throw std::runtime_error("no luck");
    co_return;
  };
  auto sleep = []() -> sluice::task<void> {
    auto sleeping = sleep_long();
    auto why = co_await std::move(sleeping);
    expect(why == sluice::errc::canceled, "asked to stop");
  };
  all.spawn(0, sleep());
  all.spawn(all.size() - 1, fail());
  bool thrown = false;
  try {
    all.join();
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  expect(thrown, "the exception came to who joins");
}

int main() {
  sluice::cores all;
  sluice::loop loop;
  on_each(all);
  expect(loop.run(ask_two(all)) == 500'500 + 2'001'000, "two sums");
  expect(loop.run(travel(all[0].on())) != std::this_thread::get_id(), "another thread");
  by_channel(all);
  loop.run(stop_all_of_them(all));
  one_fails(all);
}

// Many things at once.
#include <sluice/sluice.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <sluice/core/group.hpp>

constexpr sluice::time_point_ns millisecond = 1'000'000;
constexpr sluice::time_point_ns second = 1000 * millisecond;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

sluice::task<int> after(sluice::time_point_ns duration, int value) {
  auto slept = co_await sluice::system().sleep(duration);
  co_return slept ? value : -1;  // an error: asked to stop
}

sluice::task<void> both() {
  auto two = sluice::when_all(after(2 * millisecond, 1), after(millisecond, 2));
  auto results = co_await std::move(two);
  expect(results == std::tuple(1, 2), "both results, in the order of the arguments");
}

sluice::task<void> first_of_two() {
  auto race = sluice::when_any(after(60 * second, 1), after(millisecond, 2));
  auto first = co_await std::move(race);
  expect(first.index == 1, "the second task was first");
  expect(std::get<1>(first.results) == 2, "its result");
  expect(std::get<0>(first.results) == -1, "the other was asked to stop, and has ended");
}

sluice::task<void> count_up(int& sum, int by) {
  co_await sluice::yield();
  sum += by;
}

sluice::task<void> in_a_scope() {
  int sum = 0;
  auto body = [&](sluice::scope& children) -> sluice::task<void> {
    for (int i = 1; i <= 4; ++i) children.spawn(count_up(sum, i));
    co_return;
  };
  auto all = sluice::with_scope(body);
  co_await std::move(all);
  expect(sum == 10, "every child has ended before its scope");
}

sluice::task<void> stat_one(sluice::dir& in, const char* name, int& found) {
  auto status = co_await in.stat(name);
  if (status) ++found;
}

sluice::task<void> a_few_at_a_time(sluice::dir& here) {
  const std::vector<const char*> names = {"/", "/etc", "/etc/passwd", "/no such file", "/usr"};
  int found = 0;
  auto one = [&](const char* name) { return stat_one(here, name, found); };
  auto all = sluice::for_each_concurrent(names, 2, one);
  co_await std::move(all);
  expect(found == 4, "four of five, never more than two under way");
}

// One operation repeated needs no tasks: the calls lie in an array, and are submitted together.
sluice::task<void> one_kind(sluice::dir& here) {
  using stat_call = decltype(here.stat("/"));
  std::array<stat_call, 3> calls = {here.stat("/"), here.stat("/etc"), here.stat("/no such file")};
  sluice::all_of all{std::span<stat_call>(calls)};
  co_await all;
  int found = 0;
  for (stat_call& c : calls) found += c.await_resume().has_value() ? 1 : 0;
  expect(found == 2, "two of three");
}

using queue = sluice::channel<int, 2>;

sluice::task<int> consume(queue& from) {
  int sum = 0;
  for (;;) {
    auto n = co_await from.receive();
    if (!n) co_return sum;  // closed and empty
    sum += *n;
  }
}

sluice::task<int> produce(queue& into) {
  int sent = 0;
  for (int i = 1; i <= 10; ++i) {
    auto accepted = co_await into.send(i);  // waits while two are in there
    if (accepted) ++sent;
  }
  into.close();
  co_return sent;
}

sluice::task<void> by_channel() {
  queue numbers;
  auto two = sluice::when_all(produce(numbers), consume(numbers));
  auto results = co_await std::move(two);
  expect(results == std::tuple(10, 55), "ten sent, their sum received");
}

// Something outside, here another thread, wants the work to end.
sluice::task<void> sleep_under(sluice::stop_source& stop, sluice::error& why) {
  auto slept = co_await sluice::system().sleep(60 * second).stop_with(stop);
  if (!slept) why = slept.error();
}

void stopped_from_outside(sluice::loop& loop) {
  sluice::stop_source stop(loop);
  sluice::error why;
  std::thread other([&] { stop.post_stop(); });
  loop.run(sleep_under(stop, why));
  other.join();
  expect(why == sluice::errc::canceled, "the sleep ended early");
}

int main() {
  sluice::loop loop;
  sluice::dir here = sluice::system().current_dir();
  loop.run(both());
  loop.run(first_of_two());
  loop.run(in_a_scope());
  loop.run(a_few_at_a_time(here));
  loop.run(one_kind(here));
  loop.run(by_channel());
  stopped_from_outside(loop);
}

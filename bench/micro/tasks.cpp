// What the core's own parts cost: no system call in any of these but to wake a sleeping loop.
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>
#include <vector>

#include "sluice/sluice.hpp"

namespace {

using sluice::loop;
using sluice::task;

constexpr int batch = 8192;

task<int> leaf(int n) {
  co_return n;
}

task<long> awaits(int n) {
  long sum = 0;
  for (int i = 0; i < n; ++i) {
    auto t = leaf(i);
    sum += co_await std::move(t);
  }
  co_return sum;
}

void task_await(benchmark::State& state) {
  loop l;
  for (auto _ : state)
    benchmark::DoNotOptimize(l.run(awaits(batch)));
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(task_await);

using numbers = sluice::channel<int, 16>;

task<void> produce(numbers& c, int n) {
  for (int i = 0; i < n; ++i) {
    auto sent = co_await c.send(i);
    if (!sent) co_return;
  }
  c.close();
}

task<void> consume(numbers& c) {
  for (;;) {
    auto n = co_await c.receive();
    if (!n) co_return;
    benchmark::DoNotOptimize(*n);
  }
}

task<void> hand_over(int n) {
  numbers c;
  auto both = sluice::when_all(produce(c, n), consume(c));
  co_await std::move(both);
}

void channel_hand_over(benchmark::State& state) {
  loop l;
  for (auto _ : state)
    l.run(hand_over(batch));
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(channel_hand_over);

struct counted : sluice::job {
  int* count = nullptr;
};

/// Another thread posts; the loop runs what arrives, and sleeps when nothing does.
void post_from_another_thread(benchmark::State& state) {
  loop l;
  std::vector<counted> jobs(batch);
  int count = 0;
  for (counted& j : jobs) {
    j.count = &count;
    j.run = [](sluice::job& me) noexcept { ++*static_cast<counted&>(me).count; };
  }
  std::atomic<int> rounds = 0;
  std::atomic<bool> done = false;
  std::thread other([&] {
    for (int seen = 0;;) {
      rounds.wait(seen);
      if (done.load()) return;
      ++seen;
      for (counted& j : jobs)
        l.post(j);
    }
  });
  for (auto _ : state) {
    count = 0;
    rounds.fetch_add(1);
    rounds.notify_one();
    while (count < batch)
      l.run_once();
  }
  done.store(true);
  rounds.fetch_add(1);
  rounds.notify_one();
  other.join();
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(post_from_another_thread)->UseRealTime();

/// Deadlines that never pass: armed and disarmed while so many others are armed.
void timer_arm_and_disarm(benchmark::State& state) {
  sluice::timer_heap heap;
  std::vector<sluice::timer> armed(static_cast<std::size_t>(state.range(0)));
  std::uint64_t random = 1;
  const auto next = [&random] {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return static_cast<sluice::time_point_ns>(random >> 33);
  };
  for (sluice::timer& t : armed) {
    t.when = next();
    heap.arm(t);
  }
  std::size_t i = 0;
  for (auto _ : state) {
    sluice::timer& t = armed[i++ % armed.size()];
    heap.disarm(t);
    t.when = next();
    heap.arm(t);
  }
  for (sluice::timer& t : armed)
    heap.disarm(t);
}
BENCHMARK(timer_arm_and_disarm)->Arg(1)->Arg(32)->Arg(10'000);

}  // namespace

// Messages between two loops on two threads: back and forth, and many in one direction.
#include <benchmark/benchmark.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "sluice/sluice.hpp"

namespace {

using sluice::loop;
using sluice::task;

/// Another loop on a thread of its own.
class other_loop {
 public:
  other_loop() : thread_([this] { loop_.run(); }) {}
  ~other_loop() {
    loop_.stop();
    thread_.join();
  }
  loop& on() { return loop_; }

 private:
  loop loop_;
  std::thread thread_;
};

constexpr int trips = 2000;

task<void> go_back_and_forth(loop& here, loop& there) {
  for (int i = 0; i < trips; ++i) {
    co_await sluice::move_to(there);
    co_await sluice::move_to(here);
  }
}

/// Both ends sleep in between: two wake-ups for each trip.
void ping_pong(benchmark::State& state) {
  loop here;
  other_loop other;
  for (auto _ : state) here.run(go_back_and_forth(here, other.on()));
  state.SetItemsProcessed(state.iterations() * trips);
}
BENCHMARK(ping_pong)->UseRealTime();

struct counted : sluice::job {
  int* count = nullptr;
  int all = 0;
  std::atomic<bool>* done = nullptr;
};

/// A task that does some work of its own between messages, `gap` nanoseconds each.
task<void> send(loop& to, std::vector<counted>& jobs, int batch) {
  int left = batch;
  for (counted& j : jobs) {
    to.post(j);
    if (--left > 0) continue;
    left = batch;
    co_await sluice::yield();
  }
}

void flood(benchmark::State& state) {
  loop here;
  other_loop other;
  const auto batch = static_cast<int>(state.range(0));
  std::vector<counted> jobs(20'000);
  for (auto _ : state) {
    int count = 0;
    std::atomic<bool> done = false;
    for (counted& j : jobs) {
      j.count = &count;
      j.all = static_cast<int>(jobs.size());
      j.done = &done;
      j.run = [](sluice::job& me) noexcept {
        auto& self = static_cast<counted&>(me);
        if (++*self.count == self.all) self.done->store(true, std::memory_order_release);
      };
    }
    here.run(send(other.on(), jobs, batch));
    while (!done.load(std::memory_order_acquire)) std::this_thread::yield();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(jobs.size()));
}
BENCHMARK(flood)->Arg(1)->Arg(16)->UseRealTime();

/// One value at a time to a receiver that is quicker than the sender, and so mostly sleeps.
using pipe = sluice::shared_channel<int, 64>;

task<long> receive_all(pipe& from) {
  long sum = 0;
  for (;;) {
    auto n = co_await from.receive();
    if (!n) co_return sum;
    sum += *n;
  }
}

task<void> send_all(pipe& into, int n) {
  for (int i = 0; i < n; ++i) {
    auto sent = co_await into.send(i);
    if (!sent) co_return;
  }
  into.close();
}

void channel_between_loops(benchmark::State& state) {
  loop here;
  other_loop other;
  constexpr int values = 20'000;
  for (auto _ : state) {
    pipe between;
    auto all = [](pipe& p, loop& there) -> task<void> {
      auto both = sluice::when_all(send_all(p, values), sluice::run_on(there, receive_all(p)));
      auto sums = co_await std::move(both);
      benchmark::DoNotOptimize(std::get<1>(sums));
    };
    here.run(all(between, other.on()));
  }
  state.SetItemsProcessed(state.iterations() * values);
}
BENCHMARK(channel_between_loops)->UseRealTime();

}  // namespace

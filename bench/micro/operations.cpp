// What an operation costs beside the plain way of asking the system for the same.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <liburing.h>
#include <sys/stat.h>

#include <cstdlib>
#include <vector>

#include "sluice/sluice.hpp"

namespace {

using sluice::loop;
using sluice::task;

constexpr std::uint64_t batch = 8192;  // operations in one turn of the benchmark

task<void> nops(std::uint64_t n) {
  while (n-- > 0) {
    auto done = co_await sluice::system().nop();
    if (!done) std::abort();
  }
}

task<void> side_by_side(unsigned depth) {
  auto here = co_await sluice::this_task();
  sluice::scope all(here);
  for (unsigned i = 0; i < depth; ++i)
    all.spawn(nops(batch / depth));
  co_await all.join();
}

void nop_sluice(benchmark::State& state) {
  loop l;
  for (auto _ : state)
    l.run(side_by_side(static_cast<unsigned>(state.range(0))));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(nop_sluice)->Arg(1)->Arg(32)->Arg(128);

void nop_bare_liburing(benchmark::State& state) {
  const auto depth = static_cast<unsigned>(state.range(0));
  io_uring ring;
  io_uring_params p{};
  p.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  if (io_uring_queue_init_params(256, &ring, &p) != 0) {
    return state.SkipWithError("this machine refuses io_uring");
  }
  for (auto _ : state) {
    for (std::uint64_t done = 0; done < batch; done += depth) {
      for (unsigned i = 0; i < depth; ++i)
        io_uring_prep_nop(io_uring_get_sqe(&ring));
      io_uring_submit_and_wait(&ring, depth);
      unsigned head, seen = 0;
      io_uring_cqe* c;
      io_uring_for_each_cqe(&ring, head, c) {
        benchmark::DoNotOptimize(c->res);
        ++seen;
      }
      io_uring_cq_advance(&ring, seen);
    }
  }
  io_uring_queue_exit(&ring);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(nop_bare_liburing)->Arg(1)->Arg(32)->Arg(128);

void stat_sync(benchmark::State& state) {
  auto here = sluice::system().current_dir();
  for (auto _ : state) {
    auto s = sluice::sync(here.stat("."));
    benchmark::DoNotOptimize(s);
  }
}
BENCHMARK(stat_sync);

void stat_plain_statx(benchmark::State& state) {
  for (auto _ : state) {
    struct statx s;
    const int r = ::statx(AT_FDCWD, ".", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &s);
    benchmark::DoNotOptimize(r);
    benchmark::DoNotOptimize(s);
  }
}
BENCHMARK(stat_plain_statx);

task<void> stats(std::uint64_t n) {
  auto here = sluice::system().current_dir();
  while (n-- > 0) {
    auto s = co_await here.stat(".");
    benchmark::DoNotOptimize(s);
  }
}

void stat_awaited(benchmark::State& state) {
  sluice::loop_options o;
  o.ways = static_cast<sluice::way_choice>(state.range(0));
  loop l(o);
  for (auto _ : state)
    l.run(stats(batch));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(stat_awaited)
    ->ArgName("way")
    ->Arg(static_cast<int>(sluice::way_choice::adaptive))
    ->Arg(static_cast<int>(sluice::way_choice::calls));

}  // namespace

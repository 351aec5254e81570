// What filters cost: the same operation asked of a space, and of filters over it.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "sluice/sluice.hpp"
#include "sluice/space/fault.hpp"
#include "sluice/space/memory.hpp"
#include "sluice/space/throttle.hpp"
#include "sluice/space/trace.hpp"

namespace {

using sluice::loop;
using sluice::task;

constexpr std::uint64_t batch = 8192;  // operations in one turn of the benchmark

enum class under : int { nothing, trace, throttle, fault, all };

/// Filters over a space, and the space to ask.
struct filtered {
  filtered(sluice::space& inner, under which)
      : fault(inner), throttle(which == under::all ? fault : inner, {}),
        trace(which == under::all ? static_cast<sluice::space&>(throttle) : inner) {
    switch (which) {
      case under::nothing: asked = &inner; break;
      case under::throttle: asked = &throttle; break;
      case under::fault: asked = &fault; break;
      default: asked = &trace;
    }
  }
  sluice::fault_space fault;
  sluice::throttle_space throttle;
  sluice::trace_space trace;
  sluice::space* asked;
};

task<void> nops(sluice::space& in, std::uint64_t n) {
  while (n-- > 0) {
    sluice::call<sluice::ops::nop> asked(in, 0);
    auto done = co_await asked;
    if (!done) std::abort();
  }
}

task<void> side_by_side(sluice::space& in, unsigned depth) {
  auto here = co_await sluice::this_task();
  sluice::scope all(here);
  for (unsigned i = 0; i < depth; ++i)
    all.spawn(nops(in, batch / depth));
  co_await all.join();
}

/// Completed later, by the ring.
void filtered_nop(benchmark::State& state) {
  loop l;
  filtered f(sluice::system(), static_cast<under>(state.range(0)));
  for (auto _ : state)
    l.run(side_by_side(*f.asked, 32));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

task<void> stats(sluice::dir& in) {
  for (std::uint64_t n = 0; n < batch; ++n) {
    auto s = co_await in.stat("");
    benchmark::DoNotOptimize(s);
  }
}

/// Completed at once.
void filtered_stat_in_memory(benchmark::State& state) {
  loop l;
  sluice::memory_space files;
  filtered f(files, static_cast<under>(state.range(0)));
  sluice::dir root(sluice::adopt, *f.asked, files.root().detach());
  for (auto _ : state)
    l.run(stats(root));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void every_filter(benchmark::internal::Benchmark* b) {
  b->ArgName("under");
  for (under which : {under::nothing, under::trace, under::throttle, under::fault, under::all})
    b->Arg(static_cast<int>(which));
}
BENCHMARK(filtered_nop)->Apply(every_filter);
BENCHMARK(filtered_stat_in_memory)->Apply(every_filter);

}  // namespace

// What instructions_test.py measures: 32 long-lived tasks that await no-ops through the same path
// that reads take. Usage: nop_sluice <count> [stop|deadline|trace]
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "sluice/sluice.hpp"
#include "sluice/space/trace.hpp"

namespace {

constexpr unsigned depth = 32;
constexpr sluice::time_point_ns hour = 3'600'000'000'000;

sluice::task<void> nops(std::uint64_t count) {
  while (count-- > 0) {
    auto done = co_await sluice::system().nop();
    if (!done) std::abort();
  }
}

sluice::task<void> nops_of(sluice::space& in, std::uint64_t count) {
  while (count-- > 0) {
    sluice::call<sluice::ops::nop> asked(in, 0);
    auto done = co_await asked;
    if (!done) std::abort();
  }
}

sluice::task<void> nops_with_deadline(std::uint64_t count) {
  while (count-- > 0) {
    auto done = co_await sluice::system().nop().within(hour);
    if (!done) std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const bool with_stop = argc > 2 && std::strcmp(argv[2], "stop") == 0;
  const bool with_deadline = argc > 2 && std::strcmp(argv[2], "deadline") == 0;
  const bool traced = argc > 2 && std::strcmp(argv[2], "trace") == 0;
  sluice::trace_space trace(sluice::system());
  sluice::loop loop;
  if (!loop.backend_report().starts_with("io_uring")) return 77;
  sluice::stop_source stop(loop);
  unsigned left = depth;
  std::vector<sluice::task<void>> tasks;
  for (unsigned i = 0; i < depth; ++i) {
    const std::uint64_t share = wanted / depth;
    tasks.push_back(with_deadline ? nops_with_deadline(share)
                    : traced      ? nops_of(trace, share)
                                  : nops(share));
    loop.schedule(tasks.back().prepare(
        loop, with_stop ? &stop : nullptr, &left,
        [](sluice::promise_base& ended) noexcept { --*static_cast<unsigned*>(ended.owner); }));
  }
  while (left > 0)
    loop.run_once();
  const sluice::loop_statistics s = loop.statistics();
  const auto& nop = s.kinds[static_cast<unsigned>(sluice::op_kind::nop)];
  return nop.ring >= wanted / depth * depth ? 0 : 1;
}

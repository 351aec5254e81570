#include "stats.hpp"

#include <cinttypes>
#include <cstdio>

namespace sluice::tool {

void print_statistics(const crew& done) {
  const loop_statistics& all = done.statistics();
  loop_statistics::per_kind sum;
  std::fprintf(stderr, "%-12s %12s %12s %12s %8s\n", "operation", "call", "ring", "pool", "flips");
  const auto print = [](const char* name, const loop_statistics::per_kind& k) {
    std::fprintf(stderr, "%-12s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %8" PRIu64 "\n", name,
                 k.calls, k.ring, k.pool, k.flips);
  };
  for (std::size_t i = 0; i < op_kinds; ++i) {
    const loop_statistics::per_kind& k = all.kinds[i];
    if (k.calls + k.ring + k.pool + k.flips == 0) continue;
    print(name_of(static_cast<op_kind>(i)), k);
    sum.calls += k.calls;
    sum.ring += k.ring;
    sum.pool += k.pool;
    sum.flips += k.flips;
  }
  print("all", sum);
  std::fprintf(stderr, "loops: %u, kernel entries: %" PRIu64 ", wake-ups: %" PRIu64 "\n",
               done.loops(), all.kernel_entries, all.wakeups);
  std::fprintf(stderr, "backend: %s\n", done.backend_report().c_str());
}

}  // namespace sluice::tool

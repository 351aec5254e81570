#include "stats.hpp"

#include <cinttypes>
#include <cstdio>
#include <string>

namespace sluice::tool {

namespace {

/// "850ns", "12.3us", "1.5s".
std::string duration(time_point_ns took) {
  auto amount = static_cast<double>(took);
  const char* const units[] = {"ns", "us", "ms", "s"};
  std::size_t unit = 0;
  for (; amount >= 1000 && unit + 1 < std::size(units); ++unit) amount /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, amount < 99.95 && unit > 0 ? "%.1f%s" : "%.0f%s", amount,
                units[unit]);
  return text;
}

void print_row(const char* name, const loop_statistics::per_kind& k, const char* rest) {
  std::fprintf(stderr, "%-12s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %8" PRIu64 "%s\n", name,
               k.calls, k.ring, k.pool, k.flips, rest);
}

/// As what the filter sees the operations of one kind: whole transfers, not their pieces.
op_kind asked_as(op_kind kind, const trace_space& watched) noexcept {
  op_kind whole = kind;
  if (kind == op_kind::read_at) whole = op_kind::read_segments;
  if (kind == op_kind::write_at) whole = op_kind::write_segments;
  return watched.counts(kind).started != 0 ? kind : whole;
}

/// More columns: what the filter has seen of one kind.
std::string seen(const trace_space& watched, op_kind kind) {
  const latency_histogram times = watched.latencies(asked_as(kind, watched));
  char text[80];
  std::snprintf(text, sizeof text, " %14" PRIu64 " %8s %8s",
                watched.counts(asked_as(kind, watched)).bytes,
                times.count() == 0 ? "-" : duration(times.percentile(0.5)).c_str(),
                times.count() == 0 ? "-" : duration(times.percentile(0.99)).c_str());
  return text;
}

}  // namespace

void print_statistics(const crew& done, const trace_space* watched) {
  const loop_statistics& all = done.statistics();
  loop_statistics::per_kind sum;
  std::fprintf(stderr, "%-12s %12s %12s %12s %8s", "operation", "call", "ring", "pool", "flips");
  if (watched != nullptr) std::fprintf(stderr, " %14s %8s %8s", "bytes", "median", "99%");
  std::fputc('\n', stderr);
  std::string rest;
  for (std::size_t i = 0; i < op_kinds; ++i) {
    const loop_statistics::per_kind& k = all.kinds[i];
    if (k.calls + k.ring + k.pool + k.flips == 0) continue;
    const auto kind = static_cast<op_kind>(i);
    if (watched != nullptr) rest = seen(*watched, kind);
    print_row(name_of(kind), k, rest.c_str());
    sum.calls += k.calls;
    sum.ring += k.ring;
    sum.pool += k.pool;
    sum.flips += k.flips;
  }
  if (watched != nullptr) {
    char text[80];
    std::snprintf(text, sizeof text, " %14" PRIu64 " %8s %8s", watched->counts().bytes, "-", "-");
    rest = text;
  }
  print_row("all", sum, rest.c_str());
  std::fprintf(stderr, "loops: %u, kernel entries: %" PRIu64 ", wake-ups: %" PRIu64 "\n",
               done.loops(), all.kernel_entries, all.wakeups);
  std::fprintf(stderr, "backend: %s\n", done.backend_report().c_str());
}

}  // namespace sluice::tool

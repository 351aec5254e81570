// Which way operations took.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <cstdlib>

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

sluice::task<void> stat_many(sluice::dir& here, int n) {
  for (int i = 0; i < n; ++i) {
    auto s = co_await here.stat("/");
    expect(s.has_value(), "the root can be asked about");
  }
}

sluice::loop_statistics::per_kind stats_of(const sluice::loop_options& options) {
  sluice::loop loop(options);
  std::printf("%s\n", loop.backend_report().c_str());
  sluice::dir here = sluice::system().current_dir();
  loop.run(stat_many(here, 1000));
  return loop.statistics().kinds[static_cast<std::size_t>(sluice::op_kind::stat)];
}

int main() {
  // Measured: nearly all of these are plain calls, since what is asked for lies in memory.
  sluice::loop_options measured;
  auto s = stats_of(measured);
  std::printf("%llu calls, %llu by the ring, %llu by the pool\n",
              static_cast<unsigned long long>(s.calls), static_cast<unsigned long long>(s.ring),
              static_cast<unsigned long long>(s.pool));
  expect(s.calls + s.ring + s.pool == 1000, "each went one way");

  // Always plain calls: for tools, and for comparisons.
  sluice::loop_options plain;
  plain.ways = sluice::way_choice::calls;
  s = stats_of(plain);
  expect(s.calls == 1000, "all plain");

  // Never one that could block the loop: for servers.
  sluice::loop_options server;
  server.latency_sensitive = true;
  s = stats_of(server);
  expect(s.calls == 0, "none plain");
}

// sluice echo load: many connections, each of which sends a message when its time has come and waits
// until it is back.
#include <sys/resource.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "echo.hpp"
#include "json.hpp"
#include "latency.hpp"
#include "report.hpp"
#include "sluice/core/scope.hpp"
#include "sluice/describe.hpp"
#include "sluice/loop.hpp"
#include "sluice/net/network.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

namespace {

constexpr time_point_ns second = 1'000'000'000;
constexpr time_point_ns patience = 10 * second;  // for an answer that is due at the end

struct measured {
  latencies times;
  std::uint64_t messages = 0;  // all of them, those of the warm-up too
  std::uint64_t connected = 0;
  std::uint64_t failed = 0;    // connections
  error first_failure;
  time_point_ns begun = 0, ended = 0;

  void fail(const error& why) {
    if (failed++ == 0) first_failure = why;
  }
};

/// When each message of a connection should leave. All of them together have the rate: the first
/// messages of two connections are one period of the whole apart.
struct schedule {
  time_point_ns first;
  double period;  // of one connection, in nanoseconds; 0: as soon as the last one is back

  schedule(const echo_options& how, time_point_ns begun, std::uint64_t connection) {
    const double apart = how.rate == 0 ? 0 : static_cast<double>(second) / static_cast<double>(how.rate);
    period = apart * static_cast<double>(how.connections);
    first = begun + static_cast<time_point_ns>(apart * static_cast<double>(connection));
  }
  time_point_ns of(std::uint64_t message) const {
    return first + static_cast<time_point_ns>(period * static_cast<double>(message));
  }
};

/// Sends one message and compares what comes back. The number makes each message another.
task<error> exchange(const stream& peer, std::vector<std::byte>& out, std::vector<std::byte>& in,
                     std::uint64_t number, time_point_ns limit) {
  std::memcpy(out.data(), &number, std::min(out.size(), sizeof number));
  auto sent = co_await peer.write_all(out).before(limit);
  if (sent.first_error) co_return sent.first_error;
  auto got = co_await peer.read_exact(in).before(limit);
  if (got.first_error) co_return got.first_error;
  if (!got.whole()) co_return error(errc::end_of_file);
  co_return in == out ? error() : error(errc::io);
}

task<void> client(loop& l, const stream& peer, const echo_options& how, schedule when, measured& all) {
  std::vector<std::byte> out(how.size, std::byte{'m'}), in(how.size);
  const time_point_ns counts = all.begun + how.warmup;
  const time_point_ns end = how.messages > 0 ? never : counts + how.duration;
  for (std::uint64_t n = 0; how.messages == 0 || n < how.messages; ++n) {
    time_point_ns now = l.now();
    const time_point_ns due = when.period > 0 ? when.of(n) : now;
    if (due >= end) break;
    if (due > now) {
      auto slept = co_await system().sleep(due - now);
      if (!slept) break;
    }
    auto exchanged = exchange(peer, out, in, n, (end == never ? std::max(due, now) : end) + patience);
    const error why = co_await std::move(exchanged);
    if (why) {
      all.fail(why);
      break;
    }
    now = l.now();
    ++all.messages;
    if (due >= counts) all.times.add(static_cast<std::uint64_t>(now - due));
    all.ended = std::max(all.ended, now);
  }
}

/// One after the other, so that no listener's queue overflows. The first that fails ends it.
task<void> connect_all(std::vector<stream>& into, const echo_options& how, measured& all) {
  const network net(system());
  socket_settings settings;
  settings.no_delay = true;
  for (std::uint64_t i = 0; i < how.connections; ++i) {
    auto peer = co_await net.connect(how.at, settings).within(patience);
    if (!peer) {
      all.fail(peer.error());
      co_return;
    }
    into.push_back(std::move(*peer));
    ++all.connected;
  }
}

task<void> load(loop& l, const echo_options& how, measured& all) {
  std::vector<stream> peers;
  auto connecting = connect_all(peers, how, all);
  co_await std::move(connecting);
  if (all.failed > 0) co_return;
  all.begun = all.ended = l.now();
  auto here = co_await this_task();
  scope clients(here);
  for (std::uint64_t i = 0; i < peers.size(); ++i) {
    clients.spawn(client(l, peers[i], how, schedule(how, all.begun, i), all));
  }
  co_await clients.join();
  if (how.hold > 0) {
    std::fputs(how.json ? "{\"idle\":true}\n" : "idle\n", stdout);
    std::fflush(stdout);
    [[maybe_unused]] auto held = co_await system().sleep(how.hold);
  }
}

/// What this process has used of the processor, in nanoseconds.
std::uint64_t processor_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return static_cast<std::uint64_t>(t.tv_sec * second + t.tv_usec * 1000);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

constexpr struct {
  const char* name;
  double share;
} quantiles[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}};

void print_json(const measured& all, std::uint64_t processor) {
  json_line line;
  line.add("connections", all.connected);
  line.add("messages", all.messages);
  line.add("counted", all.times.count());
  line.add("failed", all.failed);
  line.add("elapsed_ns", static_cast<std::uint64_t>(all.ended - all.begun));
  line.add("processor_ns", processor);
  for (const auto& q : quantiles) {
    line.add((std::string(q.name) + "_ns").c_str(), all.times.quantile(q.share));
  }
  line.add("max_ns", all.times.most());
  std::fputs(line.take().c_str(), stdout);
}

void print(const measured& all) {
  const double seconds = static_cast<double>(all.ended - all.begun) / second;
  const double messages = static_cast<double>(all.messages);
  std::printf("%" PRIu64 " connections, %" PRIu64 " messages in %.3f s: %.0f a second\n", all.connected,
              all.messages, seconds, seconds > 0 ? messages / seconds : 0.0);
  const auto microseconds = [](std::uint64_t n) { return static_cast<double>(n) / 1000; };
  for (const auto& q : quantiles) {
    std::printf("%-6s %12.1f us\n", q.name, microseconds(all.times.quantile(q.share)));
  }
  std::printf("%-6s %12.1f us\n", "max", microseconds(all.times.most()));
}

}  // namespace

int echo_load(const echo_options& how) {
  loop l;
  const auto all = std::make_unique<measured>();
  l.run(load(l, how, *all));
  if (how.json) {
    print_json(*all, processor_time());
  } else {
    print(*all);
  }
  if (all->failed == 0) return 0;
  const std::string why = describe(all->first_failure, "exchange with", how.at.text());
  complain(program(), std::to_string(all->failed) + " of " + std::to_string(how.connections) +
                          " connections failed: " + why);
  return 1;
}

}  // namespace sluice::tool

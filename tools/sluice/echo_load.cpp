// sluice echo load: many connections, each of which sends a message when its time has come and waits
// until it is back.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "echo.hpp"
#include "echo_results.hpp"
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
  if (sent.first_error) co_return in_own_words(sent.first_error);
  auto got = co_await peer.read_exact(in).before(limit);
  if (got.first_error) co_return in_own_words(got.first_error);
  if (!got.whole()) co_return ended_early;
  co_return in == out ? error() : changed;
}

task<void> client(loop& l, const stream& peer, const echo_options& how, schedule when, load_results& all) {
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
task<void> connect_all(std::vector<stream>& into, const echo_options& how, load_results& all) {
  const network net(system());
  socket_settings settings;
  settings.no_delay = true;
  for (std::uint64_t i = 0; i < how.connections; ++i) {
    auto peer = co_await net.connect(how.at, settings).within(patience);
    if (!peer) {
      all.not_connected = peer.error();
      co_return;
    }
    into.push_back(std::move(*peer));
    ++all.connected;
  }
}

task<void> load(loop& l, const echo_options& how, load_results& all) {
  std::vector<stream> peers;
  auto connecting = connect_all(peers, how, all);
  co_await std::move(connecting);
  if (all.not_connected) co_return;
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

}  // namespace

int echo_load(const echo_options& how) {
  loop l;
  const auto all = std::make_unique<load_results>();
  l.run(load(l, how, *all));
  if (all->not_connected) {
    const std::string after =
        all->connected > 0 ? ", after " + std::to_string(all->connected) + " connections" : "";
    complain(program(), describe(all->not_connected, "cannot connect to", how.at.text()) + after);
    return 1;
  }
  print(*all, how);
  const bool printed = close_output(program());
  all->complain_of(how);
  return printed && all->failed() == 0 ? 0 : 1;
}

}  // namespace sluice::tool

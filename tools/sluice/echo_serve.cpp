// sluice echo serve. A connection that waits has a small frame and nothing else: buffers are picked
// from a pool when something has come, and what sends it back has a frame only meanwhile.
#include <signal.h>

#include <cinttypes>
#include <cstdio>
#include <string>

#include "common/unix_path.hpp"
#include "echo.hpp"
#include "json.hpp"
#include "report.hpp"
#include "sluice/core/when.hpp"
#include "sluice/describe.hpp"
#include "sluice/loop.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

namespace {

struct served {
  std::uint64_t connections = 0;
  std::uint64_t messages = 0;  // as they came, not as they were sent
  std::uint64_t bytes = 0;
  std::uint64_t failed = 0;    // connections that ended otherwise than by their peer's end
  std::uint64_t refused = 0;   // times that there was no descriptor for one more
};

task<error> send_back(const stream& to, pooled_buffer part, served& sum) {
  auto sent = co_await to.write_all(part.bytes());
  sum.messages += 1;
  sum.bytes += sent.done;
  co_return sent.first_error;
}

task<void> echo(stream peer, buffer_pool& pool, served& sum) {
  received parts = peer.receive(pool);
  error why;
  while (!why) {
    auto part = co_await parts.next();
    if (!part) {
      why = part.error();
      break;
    }
    auto back = send_back(peer, std::move(*part), sum);
    why = co_await std::move(back);
  }
  co_await parts.end();
  if (why != errc::end_of_file && why != errc::canceled) ++sum.failed;
}

/// Takes connections until it is asked to stop; what failed otherwise is the result.
task<error> take_all(scope& clients, const listener& door, buffer_pool& pool, served& sum) {
  incoming arrivals = door.all();
  error why;
  while (!why) {
    auto peer = co_await arrivals.next();
    if (peer) {
      ++sum.connections;
      clients.spawn(echo(std::move(*peer), pool, sum));
    } else if (peer.error() == errc::too_many_files) {
      // It stays in the listener's queue. Descriptors come free when clients go.
      ++sum.refused;
      constexpr time_point_ns pause = 50'000'000;
      auto rested = co_await system().sleep(pause);
      if (!rested) why = rested.error();
    } else if (peer.error() != errc::connection_reset) {
      why = peer.error();
    }
  }
  co_await arrivals.end();
  co_return why;
}

task<error> serve_clients(const listener& door, buffer_pool& pool, served& sum) {
  auto here = co_await this_task();
  scope clients(here);
  auto taking = take_all(clients, door, pool, sum);
  const error why = co_await std::move(taking);
  clients.stop();
  co_await clients.join();
  co_return why;
}

task<void> told_to_end(const signal_stream& signals) {
  [[maybe_unused]] auto came = co_await signals.next();
}

task<error> serve_until(const listener& door, const signal_stream& end, buffer_pool& pool, served& sum) {
  auto race = when_any(serve_clients(door, pool, sum), told_to_end(end));
  auto first = co_await std::move(race);
  const error why = std::get<0>(first.results);
  co_return first.index == 1 ? error() : why;
}

void print(const served& sum, bool as_json) {
  if (!as_json) {
    std::printf("%" PRIu64 " connections, %" PRIu64 " messages, %" PRIu64 " bytes, %" PRIu64 " failed\n",
                sum.connections, sum.messages, sum.bytes, sum.failed);
    return;
  }
  json_line line;
  line.add("connections", sum.connections);
  line.add("messages", sum.messages);
  line.add("bytes", sum.bytes);
  line.add("failed", sum.failed);
  line.add("out_of_descriptors", sum.refused);
  std::fputs(line.take().c_str(), stdout);
}

void print_address(const address& at, const std::string& backend, bool as_json) {
  if (as_json) {
    json_line line;
    line.add("listening", at.text());
    line.add("backend", backend);
    std::fputs(line.take().c_str(), stdout);
  } else {
    std::printf("listening on %s\n", at.text().c_str());
  }
  std::fflush(stdout);  // whoever started us waits for it
}

int failed(const error& why, const char* verb, const std::string& what) {
  complain(program(), describe(why, verb, what));
  return 1;
}

}  // namespace

int echo_serve(const echo_options& how) {
  auto ends = system().signals({SIGINT, SIGTERM});
  if (!ends) return failed(ends.error(), "watch", "signals");
  const auto blocked = block_signals({SIGINT, SIGTERM});
  if (!blocked) return failed(blocked.error(), "block", "signals");

  loop_options as_server;
  as_server.latency_sensitive = true;
  loop l(as_server);
  socket_settings settings;
  settings.no_delay = true;  // connections inherit it
  auto door = listen_at(how.at, settings);
  if (!door) return failed(door.error(), "listen on", how.at.text());
  // Who sends and does not read would keep buffers that others wait for. Connections inherit it; a Unix
  // socket has no such thing.
  const auto patience = static_cast<int>(how.send_timeout / 1'000'000);
  [[maybe_unused]] const auto set = sync(door->set_option(socket_option::user_timeout, patience));
  const own_path path(how.at);
  const auto at = sync(door->local_address());
  print_address(at ? *at : how.at, l.backend_report(), how.json);

  served sum;
  pool_limits limits;
  limits.buffer_size = how.buffer_size;
  limits.most = 512;  // who finds none waits for one
  buffer_pool pool(l, limits);
  const error why = l.run(serve_until(*door, *ends, pool, sum));
  print(sum, how.json);
  return why ? failed(why, "accept", how.at.text()) : 0;
}

}  // namespace sluice::tool

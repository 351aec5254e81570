#include <time.h>

#include <exception>

#include "exchange.hpp"
#include "http/access_log.hpp"
#include "input.hpp"
#include "bind.hpp"
#include "clock.hpp"
#include "site.hpp"
#include "sluice/system.hpp"

namespace sluice::serve {

namespace {

constexpr std::uint64_t most_drained = 64 * 1024;  // of a body that nobody wants; for more we close

/// What a connection keeps from request to request.
struct conversation {
  conversation(worker& w, wire& o, connection_watch& c)
      : at(w), out(o), watch(c), came(w.buffers), parser(limits(w.of.settings)) {}

  static http::head_limits limits(const settings& s) noexcept {
    http::head_limits l;
    l.head = s.head_bytes;
    l.target = std::min<std::size_t>(l.target, s.head_bytes);
    return l;
  }
  void allow(unsigned seconds) noexcept {
    const time_point_ns when = monotonic_now() + seconds * one_second;
    watch.taken.store(connection_watch::not_followed, std::memory_order_relaxed);
    watch.deadline.store(when, std::memory_order_relaxed);
  }

  worker& at;
  wire& out;
  connection_watch& watch;
  input came;
  http::head_parser parser;
  std::string peer;         // for the log
  bool unread = false;      // something came, or may, that nobody reads
};

void note(conversation& c, const exchange& x, time_point_ns began) {
  c.at.count.responses[x.status / 100 % 6].add();
  c.at.count.bytes.add(x.body_sent);
  if (x.broken) c.at.count.broken.add();
  c.at.count.seconds.add(static_cast<std::uint64_t>(monotonic_now() - began));
  if (c.at.of.log == nullptr) return;
  http::log_entry entry;
  entry.peer = c.peer;
  entry.time = x.now;
  entry.line = x.head.line;
  entry.status = x.status;
  entry.bytes = x.body_sent;
  char line[1024];
  c.at.of.log->add({line, http::write_log_line(line, entry)});
}

/// Reads what there is. False: the client has gone, or its time.
task<bool> read_more(conversation& c) {
  const std::span<char> room = c.came.room();
  const auto n = co_await c.out.read(room);
  if (n) c.came.came(*n);
  co_return n && *n > 0;
}

/// Reads until a head is whole or wrong; need_more says that no more will come.
task<http::parse_result> read_head(conversation& c, http::request_head& head) {
  http::parse_result parsed = c.parser.parse(c.came.bytes(), head);
  while (parsed.state == http::parse_state::need_more) {
    const bool more = co_await read_more(c);
    if (!more) break;
    parsed = c.parser.parse(c.came.bytes(), head);
  }
  co_return parsed;
}

/// Reads what comes of a body and forgets it. False: that is not worth it.
task<bool> drain_body(conversation& c, std::uint64_t left) {
  if (left > most_drained) co_return false;
  c.allow(c.at.of.settings.header_seconds);
  while (left > 0) {
    if (!c.came.empty()) {
      const auto n = std::min<std::uint64_t>(left, c.came.bytes().size());
      c.came.used(n);
      left -= n;
      continue;
    }
    const bool more = co_await read_more(c);
    if (!more) co_return false;
  }
  co_return true;
}

/// One request. False: it was the last one.
[[gnu::noinline]] task<bool> one_request(conversation& c) {
  http::request_head head;
  const http::parse_result parsed = co_await read_head(c, head);
  if (parsed.state == http::parse_state::need_more) co_return false;
  const time_point_ns began = monotonic_now();
  exchange x(c.at, c.out, c.watch, head);
  x.now = ::time(nullptr);
  x.followed = c.came.bytes().size() > parsed.consumed + head.content_length;
  const bool wrong = parsed.state == http::parse_state::failed;
  const bool has_body = head.body == http::body_kind::chunked || head.content_length > 0;
  if (wrong || head.body == http::body_kind::chunked || head.content_length > most_drained ||
      (has_body && head.expects_continue)) {
    x.keep = false;
    c.unread = true;
  }
  if (wrong) {
    co_await answer_status(x, parsed.status, http::response_head());
  } else if (head.method == http::verb::not_allowed) {
    http::response_head more;
    more.allow = "GET, HEAD";
    co_await answer_status(x, 405, more);
  } else if (head.method == http::verb::unknown) {
    co_await answer_status(x, 501, http::response_head());
  } else {
    if (c.at.answers.full()) c.allow(c.at.of.settings.send_seconds);
    const auto has_turn = co_await c.at.answers.enter();
    x.broken = !has_turn;
    if (has_turn) {
      const limiter::lease turn(c.at.answers);
      co_await c.at.of.site.answer(x);
      if (x.pipe) co_await x.close_pipe();
    }
  }
  note(c, x, began);
  if (x.followed && !x.keep) c.unread = true;  // it may still be sending what nobody will read
  if (x.broken) c.unread = false;              // there is nobody left to listen
  if (x.broken || !x.keep) co_return false;
  x.room = buffer_lease();
  c.came.used(parsed.consumed);
  const bool drained = co_await drain_body(c, head.content_length);
  c.came.settle();
  co_return drained;
}

/// Lets the client read what was said before the connection goes: what it has sent meanwhile, unread,
/// would reset the connection, and its system would throw the answer away.
[[gnu::noinline]] task<void> linger(conversation& c) {
  constexpr time_point_ns now_and_then = 10'000'000;
  c.allow(c.at.of.settings.send_seconds);
  while (!c.out.settled()) {
    const auto slept = co_await system().sleep(now_and_then);
    if (!slept) break;
  }
  c.allow(2);
  co_await c.out.say_end();
  if (!c.unread) co_return;
  const buffer_lease room = c.at.buffers.take();
  for (std::uint64_t read = 0; read < 16 * most_drained;) {
    const auto n = co_await c.out.read(room->out);
    if (!n || *n == 0) co_return;
    read += *n;
  }
}

/// What waits here, ten thousand times, is only this and the read below it.
task<void> converse(conversation& c) {
  const settings& s = c.at.of.settings;
  for (bool more = true; more;) {
    if (c.came.empty()) {
      c.allow(c.watch.answered ? s.idle_seconds : s.header_seconds);
      c.watch.idle.store(true, std::memory_order_relaxed);
      if (c.at.draining()) c.watch.ask_to_leave();
      c.at.await_request(c.watch, c.out);
      const bool came = co_await read_more(c);
      if (!came) break;
      c.watch.idle.store(false, std::memory_order_relaxed);
    }
    c.allow(s.header_seconds);
    more = co_await one_request(c);
    c.watch.answered = true;
  }
  co_await linger(c);
}

[[gnu::noinline]] task<void> refuse(conversation& c) {
  c.at.count.refused.add();
  http::request_head none;
  exchange x(c.at, c.out, c.watch, none);
  x.now = ::time(nullptr);
  x.keep = false;
  c.unread = true;
  co_await answer_status(x, 503, http::response_head());
  note(c, x, monotonic_now());
  co_await linger(c);
}

[[gnu::noinline]] task<void> name_peer(conversation& c) {
  const auto peer = co_await c.watch.socket.peer_address();
  if (peer) c.peer = log_name(*peer);
}

/// The task under the connection's own stop source. Its frame stays as long as the connection, so what it
/// needs only once is not compiled into it.
task<void> talk(worker& at, connection_watch& watch, bool welcome) {
  try {
    std::unique_ptr<tls_wire> sealed;
    plain_wire open(watch.socket);
    if (at.of.tls != nullptr) sealed = at.of.tls->accept(watch.socket, at.count.kernel_tls);
    conversation c(at, sealed ? static_cast<wire&>(*sealed) : open, watch);
    if (at.of.log != nullptr) co_await name_peer(c);
    c.allow(at.of.settings.header_seconds);
    bool good = true;
    if (sealed) good = co_await sealed->handshake();
    if (good && welcome) {
      co_await converse(c);
    } else if (good) {
      co_await refuse(c);
    }
  } catch (const std::exception&) {
    // Out of memory: this client is given up, and the others go on.
    at.count.broken.add();
  }
}

}  // namespace

task<void> serve_connection(worker& at, stream client) {
  common_numbers& common = at.of.board.common();
  const int clients = common.clients.fetch_add(1, std::memory_order_relaxed);
  at.count.connections.add();
  at.count.open.add();
  {
    const auto here = co_await this_task();
    scope inside(here);
    connection_watch watch(client, inside);
    at.connections.add(watch);
    try {
      inside.spawn(talk(at, watch, clients < static_cast<int>(at.of.settings.clients)));
    } catch (const std::exception&) {
      at.count.broken.add();
    }
    co_await inside.join();
    at.connections.remove(watch);
    if (watch.timed_out) at.count.timeouts.add();
  }
  const auto closed = co_await client.close();
  static_cast<void>(closed);  // what its end was is the client's business
  at.count.open.subtract();
  common.clients.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace sluice::serve

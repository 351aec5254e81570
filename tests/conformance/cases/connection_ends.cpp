// How connections end that do not end well.
#include <algorithm>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

bool is_lost(const error& e) { return e == errc::connection_reset || e == errc::broken_pipe; }

task<void> reset(place& p, stream& s) {
  const auto set = co_await s.set_option(socket_option::linger, 0);
  CHECK_GOOD(set);
  const auto closed = co_await s.close();
  CHECK_GOOD(closed);
}

SLUICE_CASE(a_reset_ends_reads_and_writes, listen, connect, accept, read, write, set_option, close) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  co_await reset(p, both->theirs);
  bytes buffer(10);
  const auto n = co_await both->ours.read_some(buffer);
  CHECK_FAILS(n, connection_reset);
  const auto sent = co_await both->ours.write_all(as_bytes("to nobody"));
  CHECK_THAT(is_lost(sent.first_error));
  CHECK_SAME(sent.done, 0u);
}

task<void> reset_later(place& p, stream& s) {
  for (int i = 0; i < 3; ++i) co_await yield();
  co_await reset(p, s);
}

SLUICE_LOOP_CASE(a_reset_ends_a_read_that_waits, listen, connect, accept, read, set_option, close) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  scope peer(here);
  peer.spawn(reset_later(p, both->theirs));
  bytes buffer(10);
  const auto n = co_await both->ours.read_some(buffer);
  CHECK_FAILS(n, connection_reset);
  co_await peer.join();
}

/// Reads a little, and is gone.
task<void> read_and_vanish(place& p, stream& s) {
  bytes buffer(1000);
  const auto n = co_await s.read_exact(buffer);
  CHECK_THAT(n.whole());
  co_await reset(p, s);
}

SLUICE_LOOP_CASE(the_peer_vanishes_while_we_write, listen, connect, accept, read, write, set_option,
                 close) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const bytes data = pattern(32 << 20);
  auto here = co_await this_task();
  scope peer(here);
  peer.spawn(read_and_vanish(p, both->theirs));
  const auto sent = co_await both->ours.write_all(data);
  CHECK_THAT(is_lost(sent.first_error));
  CHECK_THAT(sent.done >= 1000 && sent.done < data.size());
  co_await peer.join();
}

SLUICE_LOOP_CASE(the_peer_vanishes_while_we_send_a_file, listen, connect, accept, read, send_file,
                 open, set_option, close) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto f = co_await make_file(p.root, "f", as_bytes("x"));
  REQUIRE_GOOD(f);
  const auto grown = co_await f->truncate(64 << 20);
  REQUIRE_GOOD(grown);
  auto here = co_await this_task();
  scope peer(here);
  peer.spawn(read_and_vanish(p, both->theirs));
  const auto sent = co_await both->ours.send_file(*f, 0, 64 << 20);
  CHECK_THAT(is_lost(sent.first_error));
  CHECK_THAT(sent.done >= 1000 && sent.done < sent.total);
  co_await peer.join();
}

SLUICE_LOOP_CASE(the_peer_vanishes_while_we_lend, listen, connect, accept, read, send_zc, set_option,
                 close) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const bytes data = pattern(1 << 20);
  auto here = co_await this_task();
  scope peer(here);
  peer.spawn(read_and_vanish(p, both->theirs));
  error why;
  for (int i = 0; i < 100 && !why; ++i) {
    auto sending = both->ours.send_zero_copy(data);
    const auto n = co_await sending.next();
    if (!n) why = n.error();
    co_await sending.end();
  }
  CHECK_THAT(is_lost(why));
  co_await peer.join();
}

SLUICE_CASE(what_was_sent_before_the_end_is_read, listen, connect, accept, read, write, close) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const auto sent = co_await both->theirs.write_all(as_bytes("farewell"));
  CHECK_THAT(sent.whole());
  const auto closed = co_await both->theirs.close();
  CHECK_GOOD(closed);
  bytes all;
  const auto read = co_await both->ours.read_to_end(all);
  CHECK_THAT(read.end && as_text(all) == "farewell");
  bytes more(1);
  const auto again = co_await both->ours.read_some(more);
  REQUIRE_GOOD(again);
  CHECK_SAME(*again, 0u);
}

SLUICE_LOOP_CASE(both_sides_half_close, listen, connect, accept, shutdown, read, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const auto one = co_await both->ours.shutdown(shutdown_side::writing);
  CHECK_GOOD(one);
  const auto other = co_await both->theirs.shutdown(shutdown_side::writing);
  CHECK_GOOD(other);
  bytes buffer(1);
  const auto here = co_await both->ours.read_some(buffer);
  REQUIRE_GOOD(here);
  CHECK_SAME(*here, 0u);
  const auto there = co_await both->theirs.read_some(buffer);
  REQUIRE_GOOD(there);
  CHECK_SAME(*there, 0u);
  const auto late = co_await both->ours.write_some(as_bytes("x"));
  CHECK_FAILS(late, broken_pipe);
}

}  // namespace
}  // namespace sluice::conformance

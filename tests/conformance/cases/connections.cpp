// What a library of completions owes of connections: files sent, received and echoed, one after the
// other and all at once.
#include <algorithm>
#include <list>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

constexpr std::size_t sizes[] = {1, 13, 1000, 4096, 65'536, 300'001};
constexpr unsigned pairs = 16;

bytes file_of(unsigned number) { return pattern(sizes[number % std::size(sizes)], number); }

SLUICE_CASE(tcp_connect, listen, connect, accept, socket_address) {
  const network net(p.root.in());
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  const auto ours = co_await net.connect(door->at);
  REQUIRE_GOOD(ours);
  const auto theirs = co_await door->l.accept();
  REQUIRE_GOOD(theirs);
  const auto peer = co_await ours->peer_address();
  REQUIRE_GOOD(peer);
  CHECK_SAME(peer->text(), door->at.text());
}

SLUICE_CASE(tcp_listen, listen, connect, accept, socket_address) {
  const network net(p.root.in());
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  const auto ours = co_await net.connect(door->at);
  REQUIRE_GOOD(ours);
  const auto client = co_await ours->local_address();
  REQUIRE_GOOD(client);
  address from;
  const auto theirs = co_await door->l.accept(&from);
  REQUIRE_GOOD(theirs);
  CHECK_SAME(from.text(), client->text());
}

/// Writes everything, and drops the connection.
task<void> send_and_drop(place& p, stream to, unsigned number) {
  const bytes data = file_of(number);
  const auto sent = co_await to.write_all(data);
  CHECK_SAME(sent.done, data.size());
}

task<void> receive(place& p, const stream& from, unsigned number) {
  bytes all;
  const auto read = co_await from.read_to_end(all);
  CHECK_THAT(read.end && !read.first_error);
  CHECK_THAT(all == file_of(number));
}

/// Both at work at once; they do not fit between the two ends.
task<void> pass(place& p, unsigned number) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  scope peers(here);
  peers.spawn(send_and_drop(p, std::move(both->theirs), number));
  peers.spawn(receive(p, both->ours, number));
  co_await peers.join();
}

SLUICE_LOOP_CASE(tcp_receive_seq, listen, connect, accept, read, write) {
  for (unsigned i = 0; i < std::size(sizes); ++i) {
    auto passing = pass(p, i);
    co_await std::move(passing);
  }
}

SLUICE_LOOP_CASE(tcp_receive_con, listen, connect, accept, read, write) {
  auto here = co_await this_task();
  scope all(here);
  for (unsigned i = 0; i < pairs; ++i) all.spawn(pass(p, i));
  co_await all.join();
}

/// What was written before a connection is dropped arrives, however late somebody reads.
task<void> send_first(place& p, unsigned number) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  {  // its frame holds what it was given
    auto sending = send_and_drop(p, std::move(both->ours), number);
    co_await std::move(sending);
  }
  auto receiving = receive(p, both->theirs, number);
  co_await std::move(receiving);
}

SLUICE_CASE(tcp_send_seq, listen, connect, accept, read, write) {
  for (unsigned i = 0; i < 4; ++i) {
    auto sending = send_first(p, i);
    co_await std::move(sending);
  }
}

SLUICE_LOOP_CASE(tcp_send_con, listen, connect, accept, read, write) {
  auto here = co_await this_task();
  scope all(here);
  for (unsigned i = 0; i < pairs; ++i) all.spawn(send_first(p, i % 4));
  co_await all.join();
}

/// Four buffers that are used again and again, each read written back before the next.
task<void> echo(place& p, const stream& on) {
  bytes buffers[4];
  std::size_t size = 100;
  for (unsigned i = 0;; ++i) {
    bytes& buffer = buffers[i % 4];
    buffer.resize(size);
    size = std::min<std::size_t>(size * 2, 50'000);
    const auto n = co_await on.read_some(buffer);
    REQUIRE_GOOD(n);
    if (*n == 0) break;
    const auto sent = co_await on.write_all(std::span(std::as_const(buffer)).first(*n));
    REQUIRE_THAT(sent.whole());
  }
  const auto half = co_await on.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
}

task<void> send_and_half_close(place& p, const stream& to, unsigned number) {
  const bytes data = file_of(number);
  const auto sent = co_await to.write_all(data);
  CHECK_SAME(sent.done, data.size());
  const auto half = co_await to.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
}

task<void> talk_to_an_echo(place& p, bool serve, unsigned number) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  // Who connected echoes, or who was connected to.
  const stream& client = serve ? both->theirs : both->ours;
  const stream& server = serve ? both->ours : both->theirs;
  auto here = co_await this_task();
  scope all(here);
  all.spawn(echo(p, server));
  all.spawn(send_and_half_close(p, client, number));
  all.spawn(receive(p, client, number));
  co_await all.join();
}

task<void> talk_one_by_one(place& p, bool serve) {
  for (unsigned i = 0; i < std::size(sizes); ++i) {
    auto talking = talk_to_an_echo(p, serve, i);
    co_await std::move(talking);
  }
}

task<void> talk_at_once(place& p, bool serve) {
  auto here = co_await this_task();
  scope all(here);
  for (unsigned i = 0; i < pairs; ++i) all.spawn(talk_to_an_echo(p, serve, i));
  co_await all.join();
}

SLUICE_LOOP_CASE(tcp_echo_client_seq, listen, connect, accept, read, write, shutdown) {
  co_await talk_one_by_one(p, false);
}
SLUICE_LOOP_CASE(tcp_echo_client_con, listen, connect, accept, read, write, shutdown) {
  co_await talk_at_once(p, false);
}
SLUICE_LOOP_CASE(tcp_echo_server_seq, listen, connect, accept, read, write, shutdown) {
  co_await talk_one_by_one(p, true);
}
SLUICE_LOOP_CASE(tcp_echo_server_con, listen, connect, accept, read, write, shutdown) {
  co_await talk_at_once(p, true);
}

}  // namespace
}  // namespace sluice::conformance

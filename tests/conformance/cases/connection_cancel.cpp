// Requests to stop and deadlines of what waits for a peer.
#include <algorithm>
#include <list>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

constexpr time_point_ns moment = 5'000'000;
constexpr time_point_ns long_time = 60'000'000'000;

task<void> accept_one(const listener& l, result<stream>& outcome) { outcome = co_await l.accept(); }
task<void> read_one(const stream& from, bytes& into, result<std::size_t>& outcome) {
  outcome = co_await from.read_some(into);
}

/// Waits until the descriptors that were released have been closed.
task<void> settle_descriptors(place& p, std::size_t expected) {
  std::size_t open = open_descriptors();
  for (int i = 0; i < 200 && open > expected; ++i) {
    const auto slept = co_await system().sleep(moment);
    static_cast<void>(slept);
    open = open_descriptors();
  }
  CHECK_THAT(open <= expected);
}

SLUICE_LOOP_CASE(a_cancelled_accept_takes_nothing, listen, connect, accept, socket_address) {
  const network net(p.root.in());
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  auto here = co_await this_task();
  stop_source stop(*here.home);
  stop.request_stop();
  const auto before = co_await door->l.accept().stop_with(stop);
  CHECK_FAILS(before, canceled);
  const auto late = co_await door->l.accept().within(moment);
  CHECK_FAILS(late, timed_out);
  result<stream> during = std::unexpected(error(errc::other));
  scope waiting(here);
  waiting.spawn(accept_one(door->l, during));
  co_await yield();
  co_await yield();
  waiting.stop();
  co_await waiting.join();
  CHECK_FAILS(during, canceled);
  const auto ours = co_await net.connect(door->at);
  REQUIRE_GOOD(ours);
  const auto theirs = co_await door->l.accept().within(long_time);
  CHECK_GOOD(theirs);
}

SLUICE_LOOP_CASE(accepts_that_race_with_a_stop_lose_nobody, listen, connect, accept,
                 socket_address) {
  const network net(p.root.in());
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  auto here = co_await this_task();
  const auto none_yet = co_await door->l.accept().within(moment);  // the loop has all that it needs then
  CHECK_FAILS(none_yet, timed_out);
  const std::size_t before = open_descriptors();
  int taken = 0;
  {
    std::list<stream> ours;
    std::list<stream> theirs;
    for (int i = 0; i < 50; ++i) {
      result<stream> outcome = std::unexpected(error(errc::other));
      scope waiting(here);
      waiting.spawn(accept_one(door->l, outcome));
      for (int k = 0; k < i % 3; ++k) co_await yield();
      auto one = co_await net.connect(door->at);
      REQUIRE_GOOD(one);
      ours.push_back(std::move(*one));
      waiting.stop();
      co_await waiting.join();
      if (outcome) {
        ++taken;
        theirs.push_back(std::move(*outcome));
      } else {
        CHECK_FAILS(outcome, canceled);
      }
    }
    for (; taken < 50; ++taken) {
      auto rest = co_await door->l.accept().within(long_time);
      REQUIRE_GOOD(rest);
    }
    CHECK_SAME(taken, 50);
  }
  co_await settle_descriptors(p, before);
}

/// Nobody accepts, and so the system at last lets nobody in.
SLUICE_LOOP_CASE(a_connect_that_waits_has_a_deadline, listen, connect, socket_address) {
  const network net(p.root.in());
  socket_settings full;
  full.backlog = 1;
  auto door = co_await open_listener(p, full);
  REQUIRE_GOOD(door);
  const auto none_yet = co_await door->l.accept().within(moment);  // the loop has all that it needs then
  CHECK_FAILS(none_yet, timed_out);
  const std::size_t before = open_descriptors();
  bool late = false;
  {
    std::list<stream> in;
    for (int i = 0; i < 16 && !late; ++i) {
      auto one = co_await net.connect(door->at).within(50'000'000);
      if (one) {
        in.push_back(std::move(*one));
      } else {
        CHECK_FAILS(one, timed_out);
        late = true;
      }
    }
    CHECK_THAT(late);
  }
  co_await settle_descriptors(p, before);
}

SLUICE_LOOP_CASE(a_stopped_connect_makes_nothing, listen, connect, socket_address) {
  const network net(p.root.in());
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  auto here = co_await this_task();
  const auto none_yet = co_await door->l.accept().within(moment);  // the loop has all that it needs then
  CHECK_FAILS(none_yet, timed_out);
  const std::size_t before = open_descriptors();
  stop_source stop(*here.home);
  stop.request_stop();
  for (int i = 0; i < 10; ++i) {
    const auto none = co_await net.connect(door->at).stop_with(stop);
    CHECK_FAILS(none, canceled);
  }
  co_await settle_descriptors(p, before);
  const auto one = co_await net.connect(door->at);
  CHECK_GOOD(one);
}

SLUICE_LOOP_CASE(bytes_of_a_connection_beat_the_request_to_stop, listen, connect, accept, read,
                 write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  std::size_t got = 0;
  for (int i = 0; i < 100; ++i) {
    bytes buffer(10);
    result<std::size_t> outcome = std::unexpected(error(errc::other));
    scope readers(here);
    readers.spawn(read_one(both->theirs, buffer, outcome));
    for (int k = 0; k < i % 3; ++k) co_await yield();
    const auto sent = co_await both->ours.write_some(as_bytes("x"));
    REQUIRE_GOOD(sent);
    readers.stop();
    co_await readers.join();
    if (outcome) {
      got += *outcome;
    } else {
      CHECK_FAILS(outcome, canceled);
    }
  }
  while (got < 100) {
    bytes rest(200);
    const auto n = co_await both->theirs.read_some(rest).within(long_time);
    REQUIRE_GOOD(n);
    got += *n;
  }
  CHECK_SAME(got, 100u);
  bytes rest(10);
  const auto more = co_await both->theirs.read_some(rest).within(moment);
  CHECK_FAILS(more, timed_out);
}

/// Nobody reads: it gets as far as there is room, and tells how far.
task<void> send_rest(place& p, const stream& to, const file& from, std::size_t begin, std::size_t end) {
  const auto sent = co_await to.send_file(from, begin, end - begin);
  CHECK_THAT(sent.whole());
  const auto half = co_await to.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
}

SLUICE_LOOP_CASE(a_late_write_tells_what_left, listen, connect, accept, read, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const bytes data = pattern(32 << 20);
  const auto sent = co_await both->ours.write_all(data).within(50'000'000);
  CHECK_THAT(sent.first_error == errc::timed_out);
  CHECK_THAT(sent.done > 0 && sent.done < data.size());
  const auto half = co_await both->ours.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
  bytes all;
  const auto read = co_await both->theirs.read_to_end(all);
  CHECK_THAT(read.end);
  CHECK_SAME(all.size(), sent.done);
  CHECK_THAT(std::equal(all.begin(), all.end(), data.begin()));
}

/// Nobody reads meanwhile; from where it stopped it goes on.
SLUICE_LOOP_CASE(a_late_file_tells_what_left, listen, connect, accept, read, send_file, open, write_at,
                 shutdown) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const bytes data = pattern(32 << 20);
  auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  const auto sent = co_await both->ours.send_file(*f, 0, data.size()).within(50'000'000);
  CHECK_THAT(sent.first_error == errc::timed_out);
  CHECK_THAT(sent.done > 0 && sent.done < data.size());
  auto here = co_await this_task();
  scope sending(here);
  sending.spawn(send_rest(p, both->ours, *f, sent.done, data.size()));
  bytes all;
  const auto read = co_await both->theirs.read_to_end(all);
  CHECK_THAT(read.end);
  CHECK_THAT(all == data);
  co_await sending.join();
}

SLUICE_LOOP_CASE(closing_a_connection_ends_its_read, listen, connect, accept, read, close) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  bytes buffers[3] = {bytes(4), bytes(4), bytes(4)};
  result<std::size_t> outcomes[3];
  scope readers(here);
  for (int i = 0; i < 3; ++i) readers.spawn(read_one(both->theirs, buffers[i], outcomes[i]));
  co_await yield();
  co_await yield();
  stream closing(adopt, both->theirs.in(), both->theirs.id());
  const auto closed = co_await closing.close();
  CHECK_GOOD(closed);
  co_await readers.join();
  for (const auto& o : outcomes) CHECK_FAILS(o, canceled);
  both->theirs.detach();
  bytes end(1);
  const auto n = co_await both->ours.read_some(end);
  REQUIRE_GOOD(n);
  CHECK_SAME(*n, 0u);
}

SLUICE_LOOP_CASE(closing_a_listener_ends_its_accepts, listen, connect, accept, socket_address, close) {
  const network net(p.root.in());
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  const auto ours = co_await net.connect(door->at);
  REQUIRE_GOOD(ours);
  const auto first = co_await door->l.accept();
  CHECK_GOOD(first);
  auto here = co_await this_task();
  result<stream> outcomes[2] = {std::unexpected(error(errc::other)),
                                std::unexpected(error(errc::other))};
  scope waiting(here);
  for (auto& o : outcomes) waiting.spawn(accept_one(door->l, o));
  co_await yield();
  co_await yield();
  listener closing(adopt, door->l.in(), door->l.id());
  const auto closed = co_await closing.close();
  CHECK_GOOD(closed);
  co_await waiting.join();
  for (const auto& o : outcomes) CHECK_FAILS(o, canceled);
  door->l.detach();
}

}  // namespace
}  // namespace sluice::conformance

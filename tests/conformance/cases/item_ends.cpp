// Streams of items that are asked to end at every moment: before anything came, when their operation has
// completed and nobody knows yet, and after.
#include <algorithm>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

constexpr time_point_ns moment = 5'000'000;
constexpr time_point_ns long_time = 60'000'000'000;
constexpr int moments = 5;
constexpr int never = -1;

void append(bytes& all, const pooled_buffer& part) {
  all.insert(all.end(), part.bytes().begin(), part.bytes().end());
}

task<void> pass(int turns) {
  for (int i = 0; i < turns; ++i) co_await yield();
}

/// Both are seen by the loop in one look, and in this order: who waits for the sign goes on when the other
/// end has come and been noted, and its own task has not run.
task<void> give_sign_and_end(place& p, const stream& sign, const stream& to) {
  const auto given = co_await sign.write_all(as_bytes("!"));
  CHECK_THAT(given.whole());
  const auto rest = co_await to.write_all(as_bytes("and brought to its end"));
  CHECK_THAT(rest.whole());
  const auto half = co_await to.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
}

task<void> see_sign(place& p, const stream& sign, int turns) {
  if (turns == never) co_return;
  bytes mark(1);
  const auto seen = co_await sign.read_exact(mark);
  CHECK_THAT(seen.whole());
  co_await pass(turns);
}

task<void> take_to_the_end(place& p, received& parts, bytes& all) {
  for (;;) {
    auto part = co_await parts.next();
    if (!part) {
      CHECK_FAILS(part, end_of_file);
      break;
    }
    append(all, *part);
  }
  co_await parts.end();
  CHECK_THAT(!parts.any());
}

/// Ends it while the rest and the peer's end are coming, and takes what it has; the rest comes by the same
/// stream, or by another one when this has gone.
task<void> end_in_between(place& p, pool_limits limits, int turns, bool go_on) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto sign = co_await connected_pair(p);
  REQUIRE_GOOD(sign);
  auto here = co_await this_task();
  buffer_pool pool(*here.home, limits);
  bytes all;
  scope ending(here);
  {
    auto parts = both->theirs.receive(pool);
    const auto begun = co_await both->ours.write_all(as_bytes("begun, "));
    CHECK_THAT(begun.whole());
    auto first = co_await parts.next();  // it goes on meanwhile
    REQUIRE_GOOD(first);
    append(all, *first);
    ending.spawn(give_sign_and_end(p, sign->ours, both->ours));
    co_await see_sign(p, sign->theirs, turns);
    co_await parts.end();
    first = std::unexpected(error(errc::other));  // gives its buffer back
    while (parts.any()) {
      auto part = co_await parts.next();
      REQUIRE_GOOD(part);
      append(all, *part);
    }
    if (go_on) co_await take_to_the_end(p, parts, all);
  }
  if (!go_on) {
    auto rest = both->theirs.receive(pool);
    co_await take_to_the_end(p, rest, all);
  }
  co_await ending.join();
  CHECK_SAME(as_text(all), "begun, and brought to its end");
  CHECK_SAME(pool.count().in_use, 0u);
}

SLUICE_LOOP_CASE(what_is_received_ends_at_any_moment, listen, connect, accept, receive_many, write) {
  const pool_limits enough = {.buffer_size = 100, .first = 4, .most = 4};
  const pool_limits scarce = {.buffer_size = 10, .first = 1, .most = 1};  // it completes for want of one
  const pool_limits shared = {.buffer_size = 40, .first = 1, .most = 2, .shared = true};
  for (int turns = never; turns < moments; ++turns) {
    for (const bool go_on : {true, false}) {
      co_await end_in_between(p, enough, turns, go_on);
      co_await end_in_between(p, scarce, turns, go_on);
      co_await end_in_between(p, shared, turns, go_on);
    }
  }
}

constexpr std::size_t room = 16;  // of a stream of arrivals

/// Gives the sign before the one that fills the room when the first has been taken.
task<void> connect_and_give_sign(place& p, const stream& sign, const address& at, std::size_t count,
                                 std::vector<stream>& into) {
  const network net(p.root.in());
  while (into.size() < count) {
    if (into.size() == room) {
      const auto given = co_await sign.write_all(as_bytes("!"));
      CHECK_THAT(given.whole());
    }
    auto one = co_await net.connect(at);
    REQUIRE_GOOD(one);
    into.push_back(std::move(*one));
  }
}

/// More come than it has room for, so that it completes by itself.
task<void> end_arrivals(place& p, int turns) {
  const network net(p.root.in());
  constexpr std::size_t count = room + 4;
  auto sign = co_await connected_pair(p);
  REQUIRE_GOOD(sign);
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  std::vector<stream> ours;
  std::vector<stream> theirs;
  auto here = co_await this_task();
  scope connecting(here);
  co_await connect_and_give_sign(p, sign->ours, door->at, 1, ours);
  auto clients = door->l.all();
  auto first = co_await clients.next();  // it goes on meanwhile
  REQUIRE_GOOD(first);
  theirs.push_back(std::move(*first));
  connecting.spawn(connect_and_give_sign(p, sign->ours, door->at, count, ours));
  co_await see_sign(p, sign->theirs, turns);
  co_await clients.end();
  co_await clients.end();
  while (theirs.size() < count) {
    auto one = co_await clients.next();
    REQUIRE_GOOD(one);
    theirs.push_back(std::move(*one));
  }
  co_await clients.end();
  co_await connecting.join();
  CHECK_THAT(!clients.any());
}

SLUICE_LOOP_CASE(arrivals_end_at_any_moment, listen, connect, accept_many, socket_address) {
  for (int turns = never; turns < moments; ++turns) co_await end_arrivals(p, turns);
}

struct told {
  std::size_t sent = 0;
  int times = 0;
};

task<void> take_count(place& p, lent_send& sending, told& of) {
  const auto n = co_await sending.next();
  ++of.times;
  if (n) {
    of.sent += *n;
  } else {
    CHECK_FAILS(n, canceled);
  }
}

task<void> read_all(const stream& from, bytes& into) {
  [[maybe_unused]] const auto read = co_await from.read_to_end(into);
}

/// Fills the way if asked to, sends, and cancels that so many turns later. What was said to be sent, and
/// nothing else, comes; the buffer is written over as soon as it is free.
task<void> cancel_lent_send(place& p, bool full, int turns) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  const bytes filler = pattern(full ? 32 << 20 : 10, 2);
  const auto filled = co_await both->ours.write_all(filler).within(full ? 2 * moment : long_time);
  CHECK_THAT(filled.whole() != full);
  const bytes same = pattern(100'000, 3);
  bytes data = same;
  told count;
  bytes got;
  scope reading(here);
  {
    auto sending = both->ours.send_zero_copy(data);
    scope taking(here);
    taking.spawn(take_count(p, sending, count));
    co_await pass(turns);
    if (turns != never) taking.stop();
    co_await taking.join();
    CHECK_SAME(count.times, 1);
    reading.spawn(read_all(both->theirs, got));  // what has been sent is lent until it is read
    co_await sending.end();
    CHECK_THAT(!sending.any());
  }
  std::ranges::fill(data, std::byte{0xff});
  const auto half = co_await both->ours.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
  co_await reading.join();
  CHECK_THAT(turns != never || count.sent > 0);
  REQUIRE_THAT(got.size() == filled.done + count.sent);
  const auto middle = got.begin() + static_cast<std::ptrdiff_t>(filled.done);
  CHECK_THAT(std::equal(got.begin(), middle, filler.begin()));
  CHECK_THAT(std::equal(middle, got.end(), same.begin()));
}

SLUICE_LOOP_CASE(a_lent_send_is_cancelled_at_any_moment, listen, connect, accept, send_zc, read, write) {
  for (int turns = 0; turns < moments; ++turns) {
    co_await cancel_lent_send(p, false, turns);
    if (turns % 2 == 1) co_await cancel_lent_send(p, true, turns);
  }
  co_await cancel_lent_send(p, false, never);
}

}  // namespace
}  // namespace sluice::conformance

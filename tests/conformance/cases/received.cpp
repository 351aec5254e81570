// Bytes in buffers of a pool, and buffers that are lent.
#include <algorithm>
#include <list>
#include <thread>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

task<void> send_and_half_close(place& p, const stream& to, const bytes& data) {
  const auto sent = co_await to.write_all(data);
  CHECK_THAT(sent.whole());
  const auto half = co_await to.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
}

task<void> take_all(place& p, const stream& from, buffer_pool& pool, const bytes& expected) {
  bytes all;
  auto parts = from.receive(pool);
  for (;;) {
    auto part = co_await parts.next();
    if (!part) {
      CHECK_FAILS(part, end_of_file);
      break;
    }
    all.insert(all.end(), part->bytes().begin(), part->bytes().end());
  }
  co_await parts.end();
  CHECK_THAT(all == expected);
}

SLUICE_LOOP_CASE(a_pool_of_one_buffer_is_enough, listen, connect, accept, receive_many, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  buffer_pool pool(*here.home, {.buffer_size = 100, .first = 1, .most = 1});
  const bytes data = pattern(30'000);
  scope sending(here);
  sending.spawn(send_and_half_close(p, both->ours, data));
  co_await take_all(p, both->theirs, pool, data);
  co_await sending.join();
  CHECK_SAME(pool.count().buffers, 1u);
  CHECK_SAME(pool.count().in_use, 0u);
}

/// Each that is told of a free buffer may have nothing to put into it, and the next one has.
SLUICE_LOOP_CASE(streams_share_a_pool_of_one_buffer, listen, connect, accept, receive_many, write) {
  auto here = co_await this_task();
  buffer_pool pool(*here.home, {.buffer_size = 100, .first = 1, .most = 1});
  std::list<connection> all;
  std::list<bytes> data;
  scope talking(here);
  for (unsigned i = 0; i < 8; ++i) {
    auto both = co_await connected_pair(p);
    REQUIRE_GOOD(both);
    all.push_back(std::move(*both));
    data.push_back(pattern(1'000 + 700 * i, i));
    talking.spawn(take_all(p, all.back().theirs, pool, data.back()));
    talking.spawn(send_and_half_close(p, all.back().ours, data.back()));
  }
  co_await talking.join();
  CHECK_SAME(pool.count().in_use, 0u);
}

struct talker {
  connection both;
  received parts;
  talker(connection c, buffer_pool& pool) : both(std::move(c)), parts(both.theirs.receive(pool)) {}
};

/// What each says: it is put behind what the ones before have said, and all is held at once.
task<void> let_them_talk(place& p, std::list<talker>& all, buffer_pool& pool) {
  std::list<pooled_buffer> held;
  for (unsigned i = 0; talker& t : all) {
    const auto sent = co_await t.both.ours.write_all(pattern(10 + i, i));
    CHECK_THAT(sent.whole());
    auto part = co_await t.parts.next();
    REQUIRE_GOOD(part);
    held.push_back(std::move(*part));
    ++i;
  }
  for (unsigned i = 0; const pooled_buffer& part : held) {
    CHECK_THAT(std::ranges::equal(part.bytes(), pattern(10 + i, i)));
    ++i;
  }
  const auto now = pool.count();
  CHECK_THAT(now.buffers == (now.shared ? 1 : all.size()));
  CHECK_SAME(now.in_use, now.buffers);
}

SLUICE_LOOP_CASE(messages_share_a_buffer, listen, connect, accept, receive_many, write) {
  constexpr unsigned count = 16;
  auto here = co_await this_task();
  buffer_pool pool(*here.home, {.buffer_size = 4096, .first = 1, .most = count, .shared = true});
  std::list<talker> all;
  for (unsigned i = 0; i < count; ++i) {
    auto both = co_await connected_pair(p);
    REQUIRE_GOOD(both);
    all.emplace_back(std::move(*both), pool);
  }
  for (int round = 0; round < 2; ++round) {
    co_await let_them_talk(p, all, pool);
    CHECK_SAME(pool.count().in_use, 0u);
  }
  for (talker& t : all) co_await t.parts.end();
}

SLUICE_LOOP_CASE(a_pool_grows_to_its_bound, listen, connect, accept, receive_many, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  buffer_pool pool(*here.home, {.buffer_size = 100, .first = 2, .most = 6});
  const bytes data = pattern(5'000);
  scope sending(here);
  sending.spawn(send_and_half_close(p, both->ours, data));
  {
    auto parts = both->theirs.receive(pool);
    std::list<pooled_buffer> held;
    std::size_t got = 0;
    while (held.size() < 6) {
      auto part = co_await parts.next();
      REQUIRE_GOOD(part);
      got += part->size();
      held.push_back(std::move(*part));
    }
    CHECK_SAME(pool.count().buffers, 6u);
    CHECK_SAME(pool.count().in_use, 6u);
    held.clear();
    while (got < data.size()) {
      auto part = co_await parts.next();
      REQUIRE_GOOD(part);
      got += part->size();
    }
    CHECK_SAME(got, data.size());
    co_await parts.end();
  }
  co_await sending.join();
  CHECK_SAME(pool.count().buffers, 6u);
  CHECK_SAME(pool.count().in_use, 0u);
}

task<void> take_one(received& parts, error& outcome) {
  auto part = co_await parts.next();
  outcome = part ? error() : part.error();
}

/// Nothing comes, until it is asked to stop.
task<void> take_in_vain(place& p, received& parts) {
  auto here = co_await this_task();
  error outcome = errc::other;
  scope taking(here);
  taking.spawn(take_one(parts, outcome));
  for (int i = 0; i < 5; ++i) co_await yield();
  taking.stop();
  co_await taking.join();
  CHECK_THAT(outcome == errc::canceled);
}

/// While all buffers are held it waits for one; it ends all the same when it is asked to.
SLUICE_LOOP_CASE(a_stream_ends_while_its_buffers_are_held, listen, connect, accept, receive_many,
                 read, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  buffer_pool pool(*here.home, {.buffer_size = 4, .first = 1, .most = 1});
  const auto sent = co_await both->ours.write_all(as_bytes("heldleft"));
  CHECK_THAT(sent.whole());
  {
    auto parts = both->theirs.receive(pool);
    auto held = co_await parts.next();
    REQUIRE_GOOD(held);
    CHECK_SAME(as_text(held->bytes()), "held");
    co_await take_in_vain(p, parts);
    co_await parts.end();
    CHECK_SAME(as_text(held->bytes()), "held");
  }
  bytes rest(4);
  const auto read = co_await both->theirs.read_exact(rest);
  CHECK_THAT(read.whole() && as_text(rest) == "left");
}

/// A buffer that is full is not written to before all that is in it has been given back.
SLUICE_LOOP_CASE(what_is_kept_keeps_its_buffer, listen, connect, accept, receive_many, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  buffer_pool pool(*here.home, {.buffer_size = 8, .first = 1, .most = 1, .shared = true});
  auto parts = both->theirs.receive(pool);
  const auto once = co_await both->ours.write_all(as_bytes("kept"));
  CHECK_THAT(once.whole());
  auto kept = co_await parts.next();
  REQUIRE_GOOD(kept);
  const auto more = co_await both->ours.write_all(as_bytes("+morelast"));
  CHECK_THAT(more.whole());
  bytes all;
  if (pool.count().shared) {
    auto fits = co_await parts.next();
    REQUIRE_GOOD(fits);
    all.insert(all.end(), fits->bytes().begin(), fits->bytes().end());
    CHECK_SAME(as_text(all), "+mor");
  }
  co_await take_in_vain(p, parts);
  CHECK_SAME(as_text(kept->bytes()), "kept");
  kept = std::unexpected(error(errc::other));
  while (all.size() < 9) {
    auto part = co_await parts.next();
    REQUIRE_GOOD(part);
    all.insert(all.end(), part->bytes().begin(), part->bytes().end());
  }
  CHECK_SAME(as_text(all), "+morelast");
  co_await parts.end();
}

SLUICE_LOOP_CASE(a_stream_that_waits_for_bytes_ends_when_asked, listen, connect, accept, receive_many,
                 write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  buffer_pool pool(*here.home);
  auto parts = both->theirs.receive(pool);
  for (int i = 0; i < 3; ++i) {
    error outcome = errc::other;
    scope taking(here);
    taking.spawn(take_one(parts, outcome));
    for (int k = 0; k < i; ++k) co_await yield();
    taking.stop();
    co_await taking.join();
    CHECK_THAT(outcome == errc::canceled);
  }
  co_await parts.end();
  const auto sent = co_await both->ours.write_all(as_bytes("kept"));
  CHECK_THAT(sent.whole());
  {
    auto kept = co_await parts.next();  // it begins again
    REQUIRE_GOOD(kept);
    CHECK_SAME(as_text(kept->bytes()), "kept");
  }
  co_await parts.end();
}

task<void> send_slowly(place& p, const stream& to, const bytes& data) {
  for (const std::byte& b : data) {
    const auto sent = co_await to.write_all(std::span(&b, 1));
    CHECK_THAT(sent.whole());
    const auto slept = co_await system().sleep(20'000);
    CHECK_GOOD(slept);
  }
}

/// Whatever comes first, the deadline or a byte: none is lost, and it goes on.
SLUICE_LOOP_CASE(what_is_received_has_deadlines, listen, connect, accept, receive_many, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  buffer_pool pool(*here.home);
  auto parts = both->theirs.receive(pool);
  const auto none = co_await parts.next().within(1'000'000);
  CHECK_FAILS(none, timed_out);
  const auto passed = co_await parts.next().before(here.home->now());
  CHECK_FAILS(passed, timed_out);
  const bytes data = pattern(300);
  scope sending(here);
  sending.spawn(send_slowly(p, both->ours, data));
  bytes all;
  for (time_point_ns wait = 0; all.size() < data.size(); wait = (wait + 7'000) % 100'000) {
    auto part = co_await parts.next().within(wait);
    if (part) {
      all.insert(all.end(), part->bytes().begin(), part->bytes().end());
    } else {
      CHECK_FAILS(part, timed_out);
      if (part.error() != errc::timed_out) break;
    }
  }
  CHECK_THAT(all == data);
  co_await sending.join();
  co_await parts.end();
}

SLUICE_THREADS_CASE(buffers_come_back_from_another_thread, listen, connect, accept, receive_many,
                    write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto here = co_await this_task();
  buffer_pool pool(*here.home, {.buffer_size = 100, .first = 2, .most = 2});
  const bytes data = pattern(10'000);
  scope sending(here);
  sending.spawn(send_and_half_close(p, both->ours, data));
  std::size_t got = 0;
  {
    auto parts = both->theirs.receive(pool);
    for (;;) {
      auto part = co_await parts.next();
      if (!part) break;
      got += part->size();
      std::thread other([&part] { const pooled_buffer gone = std::move(*part); });
      other.join();
    }
    co_await parts.end();
  }
  co_await sending.join();
  CHECK_SAME(got, data.size());
}

/// The buffer is the system's until `end` has completed, whatever else is asked.
SLUICE_LOOP_CASE(a_lent_buffer_comes_back_once, listen, connect, accept, send_zc, read) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  for (unsigned i = 0; i < 20; ++i) {
    bytes data = pattern(3'000, i);
    const bytes same = data;
    std::size_t sent = 0;
    {
      auto sending = both->ours.send_zero_copy(data);
      const auto n = co_await sending.next();
      REQUIRE_GOOD(n);
      sent = *n;
      co_await sending.end();
    }
    std::ranges::fill(data, std::byte{0xff});
    bytes got(sent);
    const auto read = co_await both->theirs.read_exact(got);
    CHECK_THAT(read.whole());
    CHECK_THAT(std::equal(got.begin(), got.end(), same.begin()));
  }
}

SLUICE_LOOP_CASE(lent_sends_add_up, listen, connect, accept, send_zc, read) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const bytes data = pattern(3'000);
  std::size_t sent = 0;
  for (int i = 0; i < 10; ++i) {
    auto sending = both->ours.send_zero_copy(data);
    const auto n = co_await sending.next();
    REQUIRE_GOOD(n);
    sent += *n;
    co_await sending.end();
    co_await sending.end();
  }
  bytes got(sent);
  const auto read = co_await both->theirs.read_exact(got);
  CHECK_THAT(read.whole());
}

task<void> echo_one(place& p, const stream& on) {
  bytes buffer(8);
  const auto read = co_await on.read_exact(buffer);
  CHECK_THAT(read.whole());
  const auto sent = co_await on.write_all(buffer);
  CHECK_THAT(sent.whole());
}

/// All wait to be written to; then each is, and answers.
SLUICE_LOOP_CASE(a_thousand_connections_at_once, listen, connect, accept, read, write) {
  const std::size_t allowed = allow_descriptors(2'300);
  const std::size_t count = std::min<std::size_t>(1000, (allowed - 200) / 2);
  const network net(p.root.in());
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  std::list<connection> all;
  auto here = co_await this_task();
  scope servers(here);
  for (std::size_t i = 0; i < count; ++i) {
    auto ours = co_await net.connect(door->at);
    REQUIRE_GOOD(ours);
    auto theirs = co_await door->l.accept();
    REQUIRE_GOOD(theirs);
    all.emplace_back(std::move(*ours), std::move(*theirs));
    servers.spawn(echo_one(p, all.back().theirs));
  }
  CHECK_SAME(servers.children(), count);
  for (const connection& c : all) {
    const auto sent = co_await c.ours.write_all(as_bytes("question"));
    CHECK_THAT(sent.whole());
  }
  co_await servers.join();
  for (const connection& c : all) {
    bytes answer(8);
    const auto read = co_await c.ours.read_exact(answer);
    CHECK_THAT(read.whole() && as_text(answer) == "question");
  }
}

}  // namespace
}  // namespace sluice::conformance

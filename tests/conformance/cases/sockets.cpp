// Connections and messages: each operation on its own, one after the other.
#include <algorithm>
#include <array>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(a_connection_carries_bytes_both_ways, listen, connect, accept, read, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const auto sent = co_await both->ours.write_all(as_bytes("question"));
  CHECK_THAT(sent.whole());
  bytes buffer(100);
  const auto got = co_await both->theirs.read_some(buffer);
  REQUIRE_GOOD(got);
  CHECK_SAME(as_text(std::span(buffer).first(*got)), "question");
  const auto answered = co_await both->theirs.write_all(as_bytes("answer"));
  CHECK_THAT(answered.whole());
  const auto exact = co_await both->ours.read_exact(std::span(buffer).first(6));
  CHECK_THAT(exact.whole());
  CHECK_SAME(as_text(std::span(buffer).first(6)), "answer");
  const auto closed = co_await both->theirs.close();
  CHECK_GOOD(closed);
  const auto end = co_await both->ours.read_some(buffer);
  REQUIRE_GOOD(end);
  CHECK_SAME(*end, 0u);
}

SLUICE_CASE(what_follows_at_once_comes_behind, listen, connect, accept, send_file, open, write_at, read,
            write, writev, shutdown) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const bytes data = pattern(10'000);
  auto f = co_await make_file(p.root, "body", data);
  REQUIRE_GOOD(f);
  const auto head = co_await both->ours.write_all(as_bytes("head "), next_write::at_once);
  CHECK_THAT(head.whole());
  const auto body = co_await both->ours.send_file(*f, 0, data.size());
  CHECK_THAT(body.whole());
  // Nothing comes behind the last one, but the end: neither is kept.
  bytes tail = pattern(8);
  const io_slice last[] = {{tail.data(), 4}, {tail.data() + 4, 4}};
  const auto rest = co_await both->ours.write_all(last, next_write::at_once);
  CHECK_THAT(rest.whole());
  const auto half = co_await both->ours.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
  bytes all;
  const auto read = co_await both->theirs.read_to_end(all);
  REQUIRE_THAT(read.end && all.size() == 5 + data.size() + 8);
  CHECK_SAME(as_text(std::span(all).first(5)), "head ");
  CHECK_THAT(std::equal(data.begin(), data.end(), all.begin() + 5));
  CHECK_THAT(std::equal(tail.begin(), tail.end(), all.end() - 8));
}

SLUICE_CASE(a_half_closed_connection_still_answers, listen, connect, accept, shutdown, read, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const auto sent = co_await both->ours.write_all(as_bytes("all I have"));
  CHECK_THAT(sent.whole());
  const auto half = co_await both->ours.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
  bytes all;
  const auto read = co_await both->theirs.read_to_end(all);
  CHECK_THAT(read.end && as_text(all) == "all I have");
  const auto answer = co_await both->theirs.write_all(as_bytes("thanks"));
  CHECK_THAT(answer.whole());
  const auto closed = co_await both->theirs.close();
  CHECK_GOOD(closed);
  bytes reply;
  const auto end = co_await both->ours.read_to_end(reply);
  CHECK_THAT(end.end && as_text(reply) == "thanks");
  const auto late = co_await both->ours.write_some(as_bytes("too late"));
  CHECK_THAT(!late.has_value());
}

SLUICE_CASE(nobody_listens, connect, listen, socket_address) {
  const network net(p.root.in());
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  CHECK_THAT(door->at.port() != 0 && door->at.is_loopback());
  const auto closed = co_await door->l.close();
  CHECK_GOOD(closed);
  const auto refused = co_await net.connect(door->at);
  CHECK_FAILS(refused, connection_refused);
}

SLUICE_CASE(one_address_one_listener, listen, socket_address) {
  const network net(p.root.in());
  auto first = co_await net.listen(address::loopback(0));
  REQUIRE_GOOD(first);
  const auto at = co_await first->local_address();
  REQUIRE_GOOD(at);
  const auto second = co_await net.listen(*at);
  CHECK_FAILS(second, address_in_use);
}

SLUICE_CASE(connections_come_as_a_stream, listen, connect, accept_many, socket_address, read, write) {
  const network net(p.root.in());
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  constexpr std::size_t count = 40;  // more than there is room for at once
  std::vector<stream> ours;
  for (std::size_t i = 0; i < count; ++i) {
    auto one = co_await net.connect(door->at);
    REQUIRE_GOOD(one);
    const std::byte name[] = {static_cast<std::byte>(i)};
    const auto told = co_await one->write_some(name);
    REQUIRE_GOOD(told);
    ours.push_back(std::move(*one));
  }
  auto clients = door->l.all();
  std::array<bool, count> seen{};
  for (std::size_t i = 0; i < count; ++i) {
    auto client = co_await clients.next();
    REQUIRE_GOOD(client);
    std::byte name[1];
    const auto told = co_await client->read_some(name);
    REQUIRE_GOOD(told);
    const auto who = static_cast<std::size_t>(name[0]);
    CHECK_THAT(who < count && !seen[who]);
    seen[who] = true;
  }
  co_await clients.end();
}

SLUICE_CASE(what_comes_is_put_into_buffers_of_a_pool, listen, connect, accept, receive_many, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  // Fewer than what is on its way fills: it goes on when they are given back.
  auto here = co_await this_task();
  buffer_pool pool(*here.home, {.buffer_size = 1000, .first = 2, .most = 4});
  const bytes data = pattern(20'000);
  const auto sent = co_await both->ours.write_all(data);
  CHECK_THAT(sent.whole());
  const auto half = co_await both->ours.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
  bytes all;
  {
    auto parts = both->theirs.receive(pool);
    for (;;) {
      auto part = co_await parts.next();
      if (!part) {
        CHECK_FAILS(part, end_of_file);
        break;
      }
      CHECK_THAT(part->size() > 0 && part->size() <= 1000);
      all.insert(all.end(), part->bytes().begin(), part->bytes().end());
    }
    co_await parts.end();
  }
  CHECK_THAT(all == data);
  CHECK_SAME(pool.count().in_use, 0u);
}

SLUICE_CASE(sent_without_copying, listen, connect, accept, send_zc, read) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const bytes data = pattern(10'000);
  auto sending = both->ours.send_zero_copy(data);
  const auto count = co_await sending.next();
  REQUIRE_GOOD(count);
  CHECK_THAT(*count > 0 && *count <= data.size());
  bytes got(*count);
  const auto read = co_await both->theirs.read_exact(got);
  CHECK_THAT(read.whole());
  CHECK_THAT(std::equal(got.begin(), got.end(), data.begin()));
  co_await sending.end();
}

SLUICE_CASE(a_file_is_sent, listen, connect, accept, send_file, open, write_at, read) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const bytes data = pattern(30'000);
  auto f = co_await make_file(p.root, "sent", data);
  REQUIRE_GOOD(f);
  const auto part = co_await both->ours.send_file(*f, 1000, 20'000);
  CHECK_THAT(part.whole());
  bytes got(20'000);
  const auto read = co_await both->theirs.read_exact(got);
  CHECK_THAT(read.whole());
  CHECK_THAT(std::equal(got.begin(), got.end(), data.begin() + 1000));
  const auto rest = co_await both->ours.send_file(*f, 29'000, 5'000);  // ends before that
  CHECK_SAME(rest.done, 1'000u);
  CHECK_THAT(rest.end && !rest.first_error);
}

SLUICE_CASE(spliced_through_a_pipe, listen, connect, accept, splice_in, splice_out, read, write) {
  auto from = co_await connected_pair(p);
  REQUIRE_GOOD(from);
  auto to = co_await connected_pair(p);
  REQUIRE_GOOD(to);
  auto pipe = p.make_pipe();
  REQUIRE_GOOD(pipe);
  const auto sent = co_await from->ours.write_all(as_bytes("never in this program"));
  CHECK_THAT(sent.whole());
  const auto in = co_await from->theirs.splice_into(pipe->writer, 1000);
  REQUIRE_GOOD(in);
  CHECK_SAME(*in, 21u);
  const auto out = co_await to->ours.splice_from(pipe->reader, *in);
  REQUIRE_GOOD(out);
  CHECK_SAME(*out, 21u);
  bytes got(21);
  const auto read = co_await to->theirs.read_exact(got);
  CHECK_THAT(read.whole() && as_text(got) == "never in this program");
}

/// The stream has room, and still nothing can be moved: that is not waited for.
SLUICE_CASE(an_empty_pipe_is_told_of, listen, connect, accept, splice_out, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  auto pipe = p.make_pipe();
  REQUIRE_GOOD(pipe);
  const auto none = co_await both->ours.splice_from(pipe->reader, 10);
  CHECK_FAILS(none, again);
  const auto put = co_await pipe->writer.write_all(as_bytes("now"));
  CHECK_THAT(put.whole());
  const auto some = co_await both->ours.splice_from(pipe->reader, 10);
  REQUIRE_GOOD(some);
  CHECK_SAME(*some, 3u);
}

SLUICE_CASE(messages_arrive_whole, bind, send_message, receive_message, socket_address) {
  const network net(p.root.in());
  auto a = co_await net.bind(address::loopback(0));
  REQUIRE_GOOD(a);
  auto b = co_await net.bind(address::loopback(0));
  REQUIRE_GOOD(b);
  const auto at = co_await b->local_address();
  REQUIRE_GOOD(at);
  bytes first = pattern(100);
  bytes second = pattern(50, 2);
  const io_slice out[] = {{first.data(), first.size()}, {second.data(), second.size()}};
  const auto sent = co_await a->send_to(out, *at);
  REQUIRE_GOOD(sent);
  CHECK_SAME(*sent, 150u);
  const auto again = co_await a->send_to(std::span(out).first(1), *at);
  REQUIRE_GOOD(again);
  bytes into(1000);
  const io_slice in[] = {{into.data(), into.size()}};
  address from;
  const auto got = co_await b->receive_from(in, from);
  REQUIRE_GOOD(got);
  CHECK_SAME(got->size, 150u);
  CHECK_THAT(!got->truncated);
  const auto sender = co_await a->local_address();
  REQUIRE_GOOD(sender);
  CHECK_SAME(from.text(), sender->text());
  const io_slice narrow[] = {{into.data(), 10}};
  const auto cut = co_await b->receive_from(narrow, from);
  REQUIRE_GOOD(cut);
  CHECK_THAT(cut->size == 10 && cut->truncated);
}

SLUICE_CASE(handles_travel_between_processes, listen, connect, accept, send_message, receive_message) {
  auto both = co_await local_pair(p);
  REQUIRE_GOOD(both);
  auto pipe = p.make_pipe();
  REQUIRE_GOOD(pipe);
  std::byte one[] = {std::byte{7}};
  const io_slice out[] = {{one, 1}};
  const handle* given[] = {&pipe->writer};
  const auto sent = co_await both->ours.send_handles(out, given);
  REQUIRE_GOOD(sent);
  std::byte into[8];
  const io_slice in[] = {{into, sizeof into}};
  std::array<handle, 2> came;
  const auto got = co_await both->theirs.receive_handles(in, came);
  REQUIRE_GOOD(got);
  CHECK_SAME(got->size, 1u);
  REQUIRE_THAT(got->handles == 1);
  stream writer = std::move(came[0]).become<stream>();
  const auto written = co_await writer.write_some(as_bytes("by another way"));
  REQUIRE_GOOD(written);
  bytes text(100);
  const auto read = co_await pipe->reader.read_some(text);
  REQUIRE_GOOD(read);
  CHECK_SAME(as_text(std::span(text).first(*read)), "by another way");
}

SLUICE_CASE(numbers_are_looked_up_as_names, resolve) {
  const network net(p.root.in());
  std::array<address, 4> found;
  const auto n = co_await net.resolve("127.0.0.1", "80", found);
  REQUIRE_GOOD(n);
  REQUIRE_THAT(*n >= 1);
  CHECK_SAME(found[0].text(), "127.0.0.1:80");
  const auto none = co_await net.resolve("no such host.invalid", "80", found);
  CHECK_THAT(!none.has_value());
}

}  // namespace
}  // namespace sluice::conformance

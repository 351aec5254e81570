#include <algorithm>
#include <array>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(a_pipe_carries_bytes, read, write, close) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const auto sent = co_await ends->writer.write_some(as_bytes("through the pipe"));
  REQUIRE_GOOD(sent);
  CHECK_SAME(*sent, 16u);
  bytes buffer(100);
  const auto some = co_await ends->reader.read_some(std::span(buffer).first(7));
  REQUIRE_GOOD(some);
  CHECK_SAME(as_text(std::span(buffer).first(*some)), "through");
  const auto rest = co_await ends->reader.read_some(buffer);  // does not wait for more
  REQUIRE_GOOD(rest);
  CHECK_SAME(as_text(std::span(buffer).first(*rest)), " the pipe");
  const auto closed = co_await ends->writer.close();
  CHECK_GOOD(closed);
  const auto end = co_await ends->reader.read_some(buffer);
  REQUIRE_GOOD(end);
  CHECK_SAME(*end, 0u);
  const auto exact = co_await ends->reader.read_exact(buffer);
  CHECK_SAME(show(exact), "0 of 100, at the end");
}

SLUICE_CASE(a_stream_is_read_to_its_end, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const auto sent = co_await ends->writer.write_all(as_bytes("all of it"));
  CHECK_THAT(sent.whole());
  const auto closed = co_await ends->writer.close();
  CHECK_GOOD(closed);
  bytes into;
  const auto read = co_await ends->reader.read_to_end(into);
  CHECK_THAT(read.end && read.done == 9);
  CHECK_SAME(as_text(into), "all of it");
}

SLUICE_CASE(vectored_streams, readv, writev) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  bytes a = pattern(10);
  bytes b = pattern(20, 2);
  const io_slice out[] = {{a.data(), a.size()}, {b.data(), b.size()}};
  // A stream may take less than all of it.
  const auto sent = co_await ends->writer.write_some(std::span(out));
  REQUIRE_GOOD(sent);
  CHECK_THAT(*sent >= 10 && *sent <= 30);
  bytes c(5);
  bytes d(100);
  const io_slice in[] = {{c.data(), c.size()}, {d.data(), d.size()}};
  const auto got = co_await ends->reader.read_some(std::span(in));
  REQUIRE_GOOD(got);
  CHECK_SAME(*got, *sent);
  CHECK_THAT(std::equal(c.begin(), c.end(), a.begin()));
  CHECK_THAT(std::equal(d.begin(), d.begin() + 5, a.begin() + 5));
}

task<void> send_all(place& p, stream& to, const bytes& data) {
  const auto sent = co_await to.write_all(data);
  CHECK_THAT(sent.whole());
  const auto closed = co_await to.close();
  CHECK_GOOD(closed);
}

SLUICE_LOOP_CASE(write_all_of_more_than_the_pipe_holds, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const bytes data = pattern(1'000'003);
  auto here = co_await this_task();
  scope sending(here);
  sending.spawn(send_all(p, ends->writer, data));
  bytes got;
  bytes buffer(30'000);
  for (;;) {
    const auto n = co_await ends->reader.read_some(buffer);
    REQUIRE_GOOD(n);
    if (*n == 0) break;
    got.insert(got.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*n));
  }
  co_await sending.join();
  CHECK_THAT(got == data);
}

task<void> send_one(place& p, const stream& to, char c) {
  const char one[1] = {c};
  const auto sent = co_await to.write_all(std::as_bytes(std::span(one)));
  CHECK_THAT(sent.whole());
}

SLUICE_LOOP_CASE(writes_on_a_stream_leave_in_order, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  auto here = co_await this_task();
  scope senders(here);
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    const char c = static_cast<char>('!' + i % 90);
    expected += c;
    senders.spawn(send_one(p, ends->writer, c));
  }
  co_await senders.join();
  bytes buffer(100);
  const auto got = co_await ends->reader.read_exact(buffer);
  CHECK_THAT(got.whole());
  CHECK_SAME(as_text(buffer), expected);
}

/// More idle readers than any queue has entries must not keep out the one that has something.
task<void> wait_for_end(const stream& from, int& ended) {
  bytes buffer(1);
  const auto n = co_await from.read_some(buffer);
  if (n && *n == 0) ++ended;
}

task<void> send_end(stream& to) {
  const auto closed = co_await to.close();
  static_cast<void>(closed);
}

SLUICE_LOOP_CASE(idle_streams_keep_nobody_out, read) {
  std::vector<pipe_ends> pipes;
  for (int i = 0; i < 100; ++i) {
    auto made = p.make_pipe();
    REQUIRE_GOOD(made);
    pipes.push_back(std::move(*made));
  }
  auto small = p.loop_with(8);
  int ended = 0;
  const surroundings there{small.get(), nullptr};
  scope readers(there);
  for (pipe_ends& e : pipes) readers.spawn(wait_for_end(e.reader, ended));
  for (int i = 0; i < 5; ++i) small->run_once(0);
  CHECK_SAME(ended, 0);
  // Those that are idle first end last.
  while (!pipes.empty()) {
    small->run(send_end(pipes.back().writer));
    for (int i = 0; i < 1000 && ended < 101 - static_cast<int>(pipes.size()); ++i) {
      small->run_once(small->now() + 1'000'000'000);
    }
    REQUIRE_THAT(ended == 101 - static_cast<int>(pipes.size()));
    pipes.pop_back();
  }
  CHECK_SAME(readers.children(), 0u);
  co_await one_byte_through_a_pipe(p);
}

}  // namespace
}  // namespace sluice::conformance

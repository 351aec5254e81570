// Requests to stop, deadlines, and the ends of handles and loops.
#include <thread>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_LOOP_CASE(a_stop_before_the_start_is_heard, open, read_at, write_at, entries) {
  const auto f = co_await make_file(p.root, "f", as_bytes("text"));
  REQUIRE_GOOD(f);
  auto here = co_await this_task();
  stop_source stop(*here.home);
  stop.request_stop();
  bytes buffer(4);
  const auto read = co_await f->read_at(buffer, 0).stop_with(stop);
  CHECK_FAILS(read, canceled);
  const auto written = co_await f->write_at(as_bytes("lost"), 0).stop_with(stop);
  CHECK_FAILS(written, canceled);
  const auto opened = co_await p.root.open("new", create_new).stop_with(stop);
  CHECK_FAILS(opened, canceled);
  const auto all = co_await content_of(*f);
  REQUIRE_GOOD(all);
  CHECK_SAME(as_text(*all), "text");
  const auto names = co_await names_in(p.root, ".");
  REQUIRE_GOOD(names);
  CHECK_SAME(names->size(), 1u);
}

task<void> read_into(const stream& from, bytes& buffer, result<std::size_t>& outcome) {
  outcome = co_await from.read_some(buffer);
}

SLUICE_LOOP_CASE(a_stop_ends_a_read_that_waits, read) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  auto here = co_await this_task();
  bytes buffer(10);
  result<std::size_t> outcome = std::unexpected(error(errc::other));
  scope readers(here);
  readers.spawn(read_into(ends->reader, buffer, outcome));
  co_await yield();
  co_await yield();
  readers.stop();
  co_await readers.join();
  CHECK_FAILS(outcome, canceled);
  co_await one_byte_through_a_pipe(p);
}

SLUICE_LOOP_CASE(bytes_beat_the_request_to_stop, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  auto here = co_await this_task();
  std::size_t got = 0;
  int canceled = 0;
  // The write and the stop race; whoever wins, no byte is lost.
  for (int i = 0; i < 200; ++i) {
    bytes buffer(10);
    result<std::size_t> outcome = std::unexpected(error(errc::other));
    scope readers(here);
    readers.spawn(read_into(ends->reader, buffer, outcome));
    co_await yield();
    if (i % 2 == 0) {
      const auto sent = co_await ends->writer.write_some(as_bytes("x"));
      REQUIRE_GOOD(sent);
    } else {  // both before the loop has its turn
      const auto sent = sluice::sync(ends->writer.write_some(as_bytes("x")));
      REQUIRE_GOOD(sent);
    }
    readers.stop();
    co_await readers.join();
    if (outcome) {
      got += *outcome;
    } else {
      ++canceled;
      CHECK_FAILS(outcome, canceled);
    }
  }
  CHECK_THAT(got + static_cast<std::size_t>(canceled) >= 200);
  while (got < 200) {
    bytes rest(200);
    const auto n = co_await ends->reader.read_some(rest).within(1'000'000'000);
    REQUIRE_GOOD(n);
    got += *n;
  }
  CHECK_SAME(got, 200u);
}

SLUICE_LOOP_CASE(a_stop_after_the_end_changes_nothing, open, read_at) {
  const auto f = co_await make_file(p.root, "f", as_bytes("text"));
  REQUIRE_GOOD(f);
  auto here = co_await this_task();
  stop_source stop(*here.home);
  bytes buffer(4);
  const auto read = co_await f->read_at(buffer, 0).stop_with(stop);
  stop.request_stop();
  REQUIRE_GOOD(read);
  CHECK_SAME(*read, 4u);
  const auto again = co_await f->read_at(buffer, 0);
  CHECK_GOOD(again);
}

SLUICE_LOOP_CASE(a_deadline_ends_a_read_that_waits, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  bytes buffer(10);
  const time_point_ns begun = p.home().now();
  const auto late = co_await ends->reader.read_some(buffer).within(5'000'000);
  CHECK_FAILS(late, timed_out);
  CHECK_THAT(p.home().now() - begun >= 5'000'000);
  const auto past = co_await ends->reader.read_some(buffer).before(begun);
  CHECK_FAILS(past, timed_out);
  const auto sent = co_await ends->writer.write_all(as_bytes("late"));
  CHECK_THAT(sent.whole());
  const auto in_time = co_await ends->reader.read_some(buffer).within(10'000'000'000);
  REQUIRE_GOOD(in_time);
  CHECK_SAME(*in_time, 4u);
}

task<void> open_some(const dir& in, int& opened, int& canceled, int& others) {
  for (int i = 0; i < 20; ++i) {
    const auto f = co_await in.open("f", open_mode::read);
    if (f) {
      ++opened;
    } else if (f.error() == errc::canceled) {
      ++canceled;
    } else {
      ++others;
    }
  }
}

SLUICE_LOOP_CASE(a_close_is_done_whatever_is_asked, open, close) {
  auto f = co_await make_file(p.root, "f", as_bytes("x"));
  REQUIRE_GOOD(f);
  auto here = co_await this_task();
  stop_source stop(*here.home);
  stop.request_stop();
  const auto closed = co_await f->close().stop_with(stop);
  CHECK_GOOD(closed);
  CHECK_THAT(!*f);
}

SLUICE_LOOP_CASE(a_cancelled_open_leaks_nothing, open, close) {
  const auto made = co_await make_file(p.root, "f", as_bytes("x"));
  REQUIRE_GOOD(made);
  auto here = co_await this_task();
  int opened = 0;
  int canceled = 0;
  int others = 0;
  const std::size_t before = open_descriptors();
  for (int round = 0; round < 20; ++round) {
    scope openers(here);
    for (int i = 0; i < 10; ++i) openers.spawn(open_some(p.root, opened, canceled, others));
    for (int i = 0; i < round; ++i) co_await yield();
    openers.stop();
    co_await openers.join();
  }
  CHECK_SAME(others, 0);
  CHECK_SAME(opened + canceled, 20 * 10 * 20);
  CHECK_THAT(canceled > 0);
  // Released handles are closed soon, not at once.
  std::size_t after = open_descriptors();
  for (int i = 0; i < 100 && after > before + 2; ++i) {
    const auto slept = co_await system().sleep(1'000'000);
    static_cast<void>(slept);
    after = open_descriptors();
  }
  CHECK_THAT(after <= before + 2);
  auto last = co_await p.root.open("f", open_mode::read);
  REQUIRE_GOOD(last);
  const auto closed = co_await last->close();
  CHECK_GOOD(closed);
}

SLUICE_LOOP_CASE(close_ends_what_is_in_flight, read, close) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  auto here = co_await this_task();
  bytes buffers[3] = {bytes(4), bytes(4), bytes(4)};
  result<std::size_t> outcomes[3];
  scope readers(here);
  for (int i = 0; i < 3; ++i) readers.spawn(read_into(ends->reader, buffers[i], outcomes[i]));
  co_await yield();
  co_await yield();
  stream closing(adopt, ends->reader.in(), ends->reader.id());
  const auto closed = co_await closing.close();
  CHECK_GOOD(closed);
  co_await readers.join();
  for (const auto& o : outcomes) CHECK_FAILS(o, canceled);
  ends->reader.detach();
  co_await one_byte_through_a_pipe(p);
}

SLUICE_CASE(destructors_give_descriptors_back, open) {
  const auto made = co_await make_file(p.root, "f", as_bytes("x"));
  REQUIRE_GOOD(made);
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 300; ++i) {
    const auto f = co_await p.root.open("f", open_mode::read);
    REQUIRE_GOOD(f);
  }
  std::size_t after = open_descriptors();
  for (int i = 0; i < 100 && after > before + 2 && p.has_loop(); ++i) {
    const auto slept = co_await system().sleep(1'000'000);
    static_cast<void>(slept);
    after = open_descriptors();
  }
  CHECK_THAT(after <= before + 2);
}

task<void> drop_many(place& p, int count) {
  std::vector<file> files;
  for (int i = 0; i < count; ++i) {
    auto f = co_await p.root.open("f", open_mode::read);
    REQUIRE_GOOD(f);
    files.push_back(std::move(*f));
  }
}

SLUICE_LOOP_CASE(a_loop_that_ends_gives_descriptors_back, open) {
  const auto made = co_await make_file(p.root, "f", as_bytes("x"));
  REQUIRE_GOOD(made);
  const std::size_t before = open_descriptors();
  {
    const auto small = p.loop_with(8);
    small->run(drop_many(p, 300));
  }
  CHECK_THAT(open_descriptors() <= before + 1);
}

task<void> sleep_long(result<void>& outcome, bool& ended) {
  outcome = co_await system().sleep(3'600'000'000'000);
  ended = true;
}

/// Does one thing more after it was asked to stop.
task<void> read_then_close(stream& from, result<std::size_t>& outcome, bool& closed) {
  bytes buffer(10);
  outcome = co_await from.read_some(buffer);
  const auto c = co_await from.close();
  closed = c.has_value();
}

SLUICE_LOOP_CASE(a_loop_that_ends_ends_its_operations, read, close, sleep) {
  {
    auto ends = p.make_pipe();
    REQUIRE_GOOD(ends);
    result<std::size_t> read = std::unexpected(error(errc::other));
    result<void> slept = std::unexpected(error(errc::other));
    bool closed = false;
    bool woke = false;
    auto other = p.another_loop();
    const surroundings there{other.get(), nullptr};
    scope working(there);
    working.spawn(read_then_close(ends->reader, read, closed));
    working.spawn(sleep_long(slept, woke));
    for (int i = 0; i < 5; ++i) other->run_once(0);
    CHECK_SAME(working.children(), 2u);
    other.reset();
    CHECK_SAME(working.children(), 0u);
    CHECK_FAILS(read, canceled);
    CHECK_FAILS(slept, canceled);
    CHECK_THAT(closed && woke);
  }
  // Make it a use of this loop, too.
  bytes buffer(1);
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const auto late = co_await ends->reader.read_some(buffer).within(1'000'000);
  CHECK_FAILS(late, timed_out);
  const auto gone = co_await ends->writer.close();
  CHECK_GOOD(gone);
  const auto end = co_await ends->reader.read_some(buffer);
  REQUIRE_GOOD(end);
  CHECK_SAME(*end, 0u);
}

}  // namespace
}  // namespace sluice::conformance

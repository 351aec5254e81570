// Many requests to stop at once, and what goes on afterwards.
#include <algorithm>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

struct outcomes {
  int good = 0, canceled = 0, timed_out = 0, wrong = 0;
  void book(const error& e) {
    if (e == errc::canceled) {
      ++canceled;
    } else if (e == errc::timed_out) {
      ++timed_out;
    } else {
      ++wrong;
    }
  }
  int all() const { return good + canceled + timed_out + wrong; }
};

task<void> read_block(const file& f, std::uint64_t offset, std::span<const std::byte> expected,
                      outcomes& into) {
  bytes buffer(expected.size());
  const auto read = co_await f.read_exact_at(buffer, offset);
  const bool right = std::equal(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(read.done),
                                expected.begin());
  if (!right) {
    ++into.wrong;
  } else if (read.whole()) {
    ++into.good;
  } else {
    into.book(read.first_error);
  }
}

/// Whatever the moment, each has read rightly what it says that it has read.
SLUICE_LOOP_CASE(a_stop_among_reads_of_a_file, open, read_at) {
  const bytes data = pattern(300'000);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  auto here = co_await this_task();
  for (int moment = 0; moment < 5; ++moment) {
    outcomes seen;
    scope readers(here);
    for (std::size_t i = 0; i < 50; ++i) {
      readers.spawn(read_block(*f, i * 5'000, std::span(data).subspan(i * 5'000, 5'000), seen));
    }
    for (int i = 0; i < moment; ++i) co_await yield();
    readers.stop();
    co_await readers.join();
    CHECK_SAME(seen.all(), 50);
    CHECK_SAME(seen.wrong, 0);
  }
  outcomes after;
  co_await read_block(*f, 0, data, after);
  CHECK_SAME(after.good, 1);
}

task<void> wait_for_byte(const stream& from, outcomes& seen) {
  bytes buffer(1);
  const auto n = co_await from.read_some(buffer);
  if (n) {
    ++seen.good;
  } else {
    seen.book(n.error());
  }
}

/// Everything that waits is cancelled, over and over, on a loop that goes on.
SLUICE_LOOP_CASE(all_are_cancelled_and_the_loop_goes_on, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  auto here = co_await this_task();
  for (int round = 0; round < 20; ++round) {
    outcomes seen;
    scope readers(here);
    for (int i = 0; i < 50; ++i) readers.spawn(wait_for_byte(ends->reader, seen));
    for (int i = 0; i < round % 4; ++i) co_await yield();
    readers.stop();
    co_await readers.join();
    CHECK_SAME(seen.canceled, 50);
    const auto sent = co_await ends->writer.write_some(as_bytes("x"));
    REQUIRE_GOOD(sent);
    bytes buffer(10);
    const auto got = co_await ends->reader.read_some(buffer);
    CHECK_THAT(got && *got == 1);
  }
}

task<void> write_all_of(const stream& to, const bytes& data, transfer_result& outcome) {
  outcome = co_await to.write_all(data);
}

/// What a stopped write says that it wrote is what can be read.
SLUICE_LOOP_CASE(a_stopped_write_tells_what_left, read, write, close) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const bytes data = pattern(1'000'000);
  auto here = co_await this_task();
  transfer_result written;
  scope writing(here);
  writing.spawn(write_all_of(ends->writer, data, written));
  bytes got(10'000);
  const auto head = co_await ends->reader.read_exact(got);
  CHECK_THAT(head.whole());
  writing.stop();
  co_await writing.join();
  CHECK_THAT(!written.whole() && written.first_error == errc::canceled);
  const auto closed = co_await ends->writer.close();
  CHECK_GOOD(closed);
  const auto rest = co_await ends->reader.read_to_end(got);
  CHECK_THAT(rest.end);
  CHECK_SAME(got.size(), written.done);
  CHECK_THAT(std::equal(got.begin(), got.end(), data.begin()));
}

task<void> wait_at_most(const stream& from, time_point_ns limit, outcomes& seen) {
  bytes buffer(1);
  const auto n = co_await from.read_some(buffer).within(limit);
  if (n) {
    ++seen.good;
  } else {
    seen.book(n.error());
  }
}

/// Some deadlines pass; those that are far away do not, and their reads get what comes.
SLUICE_LOOP_CASE(each_has_its_own_deadline, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  auto here = co_await this_task();
  outcomes soon, late;
  scope far(here);
  for (int i = 0; i < 20; ++i) far.spawn(wait_at_most(ends->reader, 3'600'000'000'000, late));
  scope near(here);
  for (int i = 0; i < 30; ++i) near.spawn(wait_at_most(ends->reader, i * 1'000'000, soon));
  co_await near.join();
  CHECK_SAME(soon.timed_out, 30);
  CHECK_SAME(late.all(), 0);
  const auto sent = co_await ends->writer.write_all(pattern(20));
  CHECK_THAT(sent.whole());
  co_await far.join();
  CHECK_SAME(late.good, 20);
}

task<void> read_to(const stream& from, bytes& buffer, result<std::size_t>& outcome) {
  outcome = co_await from.read_some(buffer);
}

/// `stop` ends run, not what is under way: that goes on in the next run.
SLUICE_LOOP_CASE(a_stopped_loop_can_go_on, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  bytes buffer(10);
  result<std::size_t> outcome = std::unexpected(error(errc::other));
  {
    const auto other = p.another_loop();
    const surroundings there{other.get(), nullptr};
    scope reading(there);
    reading.spawn(read_to(ends->reader, buffer, outcome));
    other->stop();
    other->run();
    CHECK_SAME(reading.children(), 1u);
    const auto sent = co_await ends->writer.write_some(as_bytes("late"));
    CHECK_GOOD(sent);
    while (reading.children() > 0) other->run_once();
  }
  REQUIRE_GOOD(outcome);
  CHECK_SAME(as_text(std::span(buffer).first(*outcome)), "late");
  co_await one_byte_through_a_pipe(p);
}

}  // namespace
}  // namespace sluice::conformance

// Bytes that are moved between two handles, of which one is a pipe.
#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

/// What comes out of a pipe that has it all.
task<std::string> drained(const stream& reader, std::size_t size) {
  bytes got(size);
  const auto read = co_await reader.read_exact(got);
  co_return as_text(std::span(got).first(read.done));
}

SLUICE_CASE(spliced_from_pipe_to_pipe, splice_in, splice_out, read, write) {
  auto from = p.make_pipe();
  REQUIRE_GOOD(from);
  auto to = p.make_pipe();
  REQUIRE_GOOD(to);
  const auto put = co_await from->writer.write_all(as_bytes("one half and the other"));
  CHECK_THAT(put.whole());
  const auto in = co_await from->reader.splice_into(to->writer, 8);
  REQUIRE_GOOD(in);
  CHECK_SAME(*in, 8u);
  const auto out = co_await to->writer.splice_from(from->reader, 1000);
  REQUIRE_GOOD(out);
  CHECK_SAME(*out, 14u);
  const auto got = co_await drained(to->reader, 22);
  CHECK_SAME(got, "one half and the other");
  const auto none = co_await to->writer.splice_from(from->reader, 1000);
  CHECK_FAILS(none, again);
  const auto closed = co_await from->writer.close();
  CHECK_GOOD(closed);
  const auto end = co_await from->reader.splice_into(to->writer, 1000);
  REQUIRE_GOOD(end);
  CHECK_SAME(*end, 0u);
}

SLUICE_CASE(spliced_from_a_file_into_a_pipe, open, write_at, splice_out, read) {
  const bytes data = pattern(10'000);
  auto f = co_await make_file(p.root, "from", data);
  REQUIRE_GOOD(f);
  auto pipe = p.make_pipe();
  REQUIRE_GOOD(pipe);
  const auto moved = co_await pipe->writer.splice_from(*f, 1'000, 5'000);
  REQUIRE_GOOD(moved);
  REQUIRE_THAT(*moved > 0 && *moved <= 5'000);
  const auto got = co_await drained(pipe->reader, *moved);
  CHECK_THAT(got == as_text(std::span(data).subspan(1'000, *moved)));
  const auto rest = co_await pipe->writer.splice_from(*f, 9'990, 5'000);
  REQUIRE_GOOD(rest);
  CHECK_SAME(*rest, 10u);
  const auto end = co_await pipe->writer.splice_from(*f, 10'000, 5'000);
  REQUIRE_GOOD(end);
  CHECK_SAME(*end, 0u);
}

SLUICE_CASE(spliced_from_a_pipe_into_a_file, open, read_at, write_at, splice_in, write) {
  auto f = co_await make_file(p.root, "into", as_bytes("0123456789"));
  REQUIRE_GOOD(f);
  auto pipe = p.make_pipe();
  REQUIRE_GOOD(pipe);
  const auto put = co_await pipe->writer.write_all(as_bytes("abcdef"));
  CHECK_THAT(put.whole());
  const auto first = co_await pipe->reader.splice_into(*f, 2, 3);
  REQUIRE_GOOD(first);
  CHECK_SAME(*first, 3u);
  const auto second = co_await pipe->reader.splice_into(*f, 12, 1000);
  REQUIRE_GOOD(second);
  CHECK_SAME(*second, 3u);
  const auto all = co_await content_of(*f);
  REQUIRE_GOOD(all);
  CHECK_THAT(as_text(*all) == std::string("01abc56789\0\0def", 15));
}

SLUICE_CASE(spliced_between_a_local_connection_and_a_pipe, listen, connect, accept, splice_in, splice_out,
            read, write) {
  auto both = co_await local_pair(p);
  REQUIRE_GOOD(both);
  auto pipe = p.make_pipe();
  REQUIRE_GOOD(pipe);
  const auto sent = co_await both->ours.write_all(as_bytes("there and back"));
  CHECK_THAT(sent.whole());
  const auto in = co_await both->theirs.splice_into(pipe->writer, 1000);
  REQUIRE_GOOD(in);
  CHECK_SAME(*in, 14u);
  const auto out = co_await both->theirs.splice_from(pipe->reader, 1000);
  REQUIRE_GOOD(out);
  CHECK_SAME(*out, 14u);
  const auto got = co_await drained(both->ours, 14);
  CHECK_SAME(got, "there and back");
}

SLUICE_CASE(without_a_pipe_nothing_is_spliced, open, write_at, listen, connect, accept, splice_in, splice_out,
            write) {
  auto from = co_await connected_pair(p);
  REQUIRE_GOOD(from);
  auto to = co_await connected_pair(p);
  REQUIRE_GOOD(to);
  auto f = co_await make_file(p.root, "f", as_bytes("text"));
  REQUIRE_GOOD(f);
  const auto sent = co_await from->ours.write_all(as_bytes("bytes"));
  CHECK_THAT(sent.whole());
  const auto in = co_await from->theirs.splice_into(to->ours, 5);
  CHECK_FAILS(in, invalid);
  const auto out = co_await to->ours.splice_from(from->theirs, 5);
  CHECK_FAILS(out, invalid);
  const auto into_file = co_await from->theirs.splice_into(*f, 0, 5);
  CHECK_FAILS(into_file, invalid);
  const auto from_file = co_await to->ours.splice_from(*f, 0, 4);
  CHECK_FAILS(from_file, invalid);
  auto pipe = p.make_pipe();
  REQUIRE_GOOD(pipe);
  const auto put = co_await pipe->writer.write_all(as_bytes("more"));
  CHECK_THAT(put.whole());
  const auto not_waited_for = co_await pipe->reader.splice_into(to->ours, 4);
  CHECK_FAILS(not_waited_for, invalid);  // a connection is waited for, so the verb has to be its own
  const auto got = co_await drained(from->theirs, 5);
  CHECK_SAME(got, "bytes");
}

task<void> splice_once(const stream& from, const stream& to, result<std::size_t>& moved) {
  moved = co_await from.splice_into(to, 1000);
}

SLUICE_LOOP_CASE(a_splice_waits_for_the_first_bytes, splice_in, read, write) {
  auto from = p.make_pipe();
  REQUIRE_GOOD(from);
  auto to = p.make_pipe();
  REQUIRE_GOOD(to);
  const auto late = co_await from->reader.splice_into(to->writer, 1000).within(20'000'000);
  CHECK_FAILS(late, timed_out);
  auto here = co_await this_task();
  result<std::size_t> moved = std::unexpected(error(errc::other));
  scope one(here);
  one.spawn(splice_once(from->reader, to->writer, moved));
  co_await yield();
  const auto put = co_await from->writer.write_all(as_bytes("now"));
  CHECK_THAT(put.whole());
  co_await one.join();
  REQUIRE_GOOD(moved);
  CHECK_SAME(*moved, 3u);
  const auto got = co_await drained(to->reader, 3);
  CHECK_SAME(got, "now");
}

task<void> put_whole(place& p, const stream& to, const bytes& data) {
  const auto sent = co_await to.write_all(data);
  CHECK_THAT(sent.whole());
}

task<void> put_file(place& p, const stream& to, const file& from, std::size_t& moved) {
  const auto n = co_await to.splice_from(from, 0, 5'000);
  REQUIRE_GOOD(n);
  moved = *n;
}

/// A pipe that is full is waited for, behind what was to be written before.
SLUICE_LOOP_CASE(a_splice_into_a_pipe_keeps_its_place, open, write_at, splice_out, read, write) {
  const bytes text(5'000, std::byte{'f'});
  auto f = co_await make_file(p.root, "f", text);
  REQUIRE_GOOD(f);
  auto pipe = p.make_pipe();
  REQUIRE_GOOD(pipe);
  const bytes before(300'000, std::byte{'a'});
  const bytes after(300'000, std::byte{'z'});
  std::size_t moved = 0;
  auto here = co_await this_task();
  scope writers(here);
  writers.spawn(put_whole(p, pipe->writer, before));
  writers.spawn(put_file(p, pipe->writer, *f, moved));
  writers.spawn(put_whole(p, pipe->writer, after));
  const auto first = co_await drained(pipe->reader, before.size());
  CHECK_THAT(first == as_text(before));
  const auto rest = co_await drained(pipe->reader, after.size());
  co_await writers.join();
  REQUIRE_THAT(moved > 0 && moved < rest.size());
  CHECK_THAT(rest.substr(0, moved) == std::string(moved, 'f'));
  CHECK_THAT(rest.substr(moved) == std::string(rest.size() - moved, 'z'));
  const auto last = co_await drained(pipe->reader, moved);
  CHECK_THAT(last == std::string(moved, 'z'));
}

}  // namespace
}  // namespace sluice::conformance

// The end of what is read, and errors on the way there: never one for the other.
#include <algorithm>

#include "conformance/helpers.hpp"
#include "conformance/suite/hooked_space.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(the_end_is_the_same_for_every_verb, open, read_at, readv_at, read_segments) {
  const auto f = co_await make_file(p.root, "f", as_bytes("text"));
  REQUIRE_GOOD(f);
  bytes buffer(10);
  const io_slice slices[] = {{buffer.data(), 5}, {buffer.data() + 5, 5}};
  for (const std::uint64_t offset : {std::uint64_t{4}, std::uint64_t{5}, std::uint64_t{1} << 33}) {
    const auto plain = co_await f->read_at(buffer, offset);
    CHECK_THAT(plain && *plain == 0);
    const auto sliced = co_await f->read_at(std::span(slices), offset);
    CHECK_THAT(sliced && *sliced == 0);
    const auto exact = co_await f->read_exact_at(buffer, offset);
    CHECK_SAME(show(exact), "0 of 10, at the end");
    bytes into;
    const auto to_end = co_await f->read_to_end(into, offset);
    CHECK_SAME(show(to_end), "0 of 0, at the end");
    CHECK_THAT(into.empty());
  }
}

SLUICE_CASE(the_end_of_a_stream_stays_the_end, read, readv, close) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const auto closed = co_await ends->writer.close();
  CHECK_GOOD(closed);
  bytes buffer(10);
  const io_slice slices[] = {{buffer.data(), 5}, {buffer.data() + 5, 5}};
  for (int i = 0; i < 3; ++i) {
    const auto some = co_await ends->reader.read_some(buffer);
    CHECK_THAT(some && *some == 0);
    const auto sliced = co_await ends->reader.read_some(std::span(slices));
    CHECK_THAT(sliced && *sliced == 0);
    const auto exact = co_await ends->reader.read_exact(buffer);
    CHECK_SAME(show(exact), "0 of 10, at the end");
    bytes into;
    const auto to_end = co_await ends->reader.read_to_end(into);
    CHECK_SAME(show(to_end), "0 of 0, at the end");
  }
}

SLUICE_CASE(read_to_end_into_room_to_spare, open, read_at) {
  const bytes data = pattern(100'000);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  for (const std::size_t room : {0u, 1u, 99'999u, 100'000u, 100'001u, 1u << 20}) {
    bytes into;
    into.reserve(room);
    const auto read = co_await f->read_to_end(into);
    CHECK_SAME(show(read), "100000 of 100000, at the end");
    CHECK_THAT(into == data);
  }
}

/// Every third read fails.
hooks failing_third() {
  hooks h;
  h.ended = [n = 0](operation& op, bool) mutable {
    if (op.kind == op_kind::read_at && ++n % 3 == 0) op.failure = errc::io;
  };
  return h;
}

SLUICE_CASE(an_error_in_the_middle_of_read_to_end, open, read_at) {
  const bytes data = pattern(400'000);
  auto made = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(made);
  {
    hooked_space failing(p.root.in(), failing_third());
    const file f = failing.attach(std::move(*made));
    bytes into(3, std::byte{9});
    const auto read = co_await f.read_to_end(into);
    CHECK_THAT(read.first_error == errc::io && !read.end);
    CHECK_THAT(read.done > 0 && read.done < data.size());
    CHECK_SAME(into.size(), read.done + 3);
    CHECK_THAT(std::equal(into.begin() + 3, into.end(), data.begin()));
  }
  {
    hooked_space failing(p.root.in(), failing_third());
    auto opened = co_await p.root.open("f", open_mode::read);
    REQUIRE_GOOD(opened);
    const file f = failing.attach(std::move(*opened));
    bytes one(1);
    const auto first = co_await f.read_at(one, 0);
    CHECK_GOOD(first);
    const auto second = co_await f.read_at(one, 0);
    CHECK_GOOD(second);
    bytes buffer(1'000);
    const auto exact = co_await f.read_exact_at(buffer, 0);
    CHECK_THAT(exact.first_error == errc::io && !exact.end && !exact.whole());
  }
}

/// Cancelled on the way: what came is kept, and it is not the end.
SLUICE_LOOP_CASE(a_deadline_in_the_middle_of_read_to_end, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const auto sent = co_await ends->writer.write_all(as_bytes("so far"));
  CHECK_THAT(sent.whole());
  bytes into;
  const auto read = co_await ends->reader.read_to_end(into).within(20'000'000);
  CHECK_SAME(read.done, 6u);
  CHECK_THAT(read.first_error == errc::timed_out && !read.end);
  CHECK_SAME(as_text(into), "so far");
}

}  // namespace
}  // namespace sluice::conformance

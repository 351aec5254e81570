// The smallest transfers, and those at the edge of a file, each really carried out.
#include <cstring>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(simple_io, open, read_at) {
  const auto made = co_await make_file(p.root, "f", as_bytes("eight bytes and more"));
  REQUIRE_GOOD(made);
  const auto f = co_await p.root.open("f", open_mode::read);
  REQUIRE_GOOD(f);
  bytes buffer(8);
  const auto n = co_await f->read_at(buffer, 0);
  REQUIRE_GOOD(n);
  CHECK_SAME(as_text(std::span(buffer).first(*n)), "eight by");
}

SLUICE_CASE(read_all, open, read_segments) {
  const bytes data = pattern(128);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  bytes buffer(8);
  const auto head = co_await f->read_exact_at(buffer, 0);
  CHECK_SAME(show(head), "8 of 8");
  bytes rest;
  const auto tail = co_await f->read_to_end(rest, 8);
  CHECK_THAT(tail.whole() && tail.end);
  buffer.insert(buffer.end(), rest.begin(), rest.end());
  CHECK_THAT(buffer == data);
}

SLUICE_CASE(write_test, open, write_segments, read_at) {
  const bytes data = pattern(128, 4);
  const auto f = co_await p.root.open("f", create_new);
  REQUIRE_GOOD(f);
  const auto written = co_await f->write_all_at(data, 0);
  CHECK_SAME(show(written), "128 of 128");
  bytes back;
  const auto read = co_await f->read_to_end(back);
  CHECK_THAT(read.whole() && back == data);
}

task<void> write_one(place& p, const file& f, char c, std::uint64_t offset) {
  const char one[1] = {c};
  const auto written = co_await f.write_at(std::as_bytes(std::span(one)), offset);
  REQUIRE_GOOD(written);
  CHECK_SAME(*written, 1u);
}

task<void> read_one(place& p, const file& f, char expected, std::uint64_t offset) {
  bytes one(1);
  const auto read = co_await f.read_at(one, offset);
  REQUIRE_GOOD(read);
  CHECK_SAME(*read, 1u);
  CHECK_SAME(as_text(one), std::string(1, expected));
}

SLUICE_CASE(single_elem_read, open, read_at) {
  const auto f = co_await make_file(p.root, "f", as_bytes("abc"));
  REQUIRE_GOOD(f);
  co_await read_one(p, *f, 'b', 1);
  co_await read_one(p, *f, 'b', 1);
}

SLUICE_CASE(single_elem_write, open, write_at) {
  const auto f = co_await make_file(p.root, "f", as_bytes("abc"));
  REQUIRE_GOOD(f);
  co_await write_one(p, *f, 'x', 1);
  co_await write_one(p, *f, 'y', 1);
  const auto all = co_await content_of(*f);
  REQUIRE_GOOD(all);
  CHECK_SAME(as_text(*all), "ayc");
}

SLUICE_CASE(single_elem_write_and_read, open, read_at, write_at) {
  const auto f = co_await make_file(p.root, "f", as_bytes("abc"));
  REQUIRE_GOOD(f);
  co_await write_one(p, *f, 'x', 1);
  co_await read_one(p, *f, 'x', 1);
  co_await read_one(p, *f, 'a', 0);
}

SLUICE_CASE(two_elems, open, read_at, write_at) {
  const auto f = co_await make_file(p.root, "f", as_bytes("abc"));
  REQUIRE_GOOD(f);
  co_await write_one(p, *f, 'x', 0);
  co_await write_one(p, *f, 'z', 2);
  co_await read_one(p, *f, 'x', 0);
  co_await read_one(p, *f, 'z', 2);
}

template <class T>
task<void> round_trip(place& p, const file& f, const T& value) {
  const auto written = co_await f.write_all_at(std::as_bytes(std::span(&value, 1)), 64);
  CHECK_THAT(written.whole());
  T back;
  const auto read = co_await f.read_exact_at(std::as_writable_bytes(std::span(&back, 1)), 64);
  CHECK_THAT(read.whole());
  CHECK_THAT(std::memcmp(&back, &value, sizeof value) == 0);
}

SLUICE_CASE(simple_struct_write_and_read, open, read_segments, write_segments) {
  struct plain {
    std::uint32_t a, b;
  };
  struct padded {
    std::uint8_t a;
    std::uint64_t b;
  };
  const auto f = co_await p.root.open("f", create_new);
  REQUIRE_GOOD(f);
  const plain one{1, 2};
  co_await round_trip(p, *f, one);
  padded two;
  std::memset(&two, 0x5a, sizeof two);  // what lies between its members travels, too
  co_await round_trip(p, *f, two);
}

/// No loop takes part, though the second begins where the first ended.
SLUICE_CASE(two_read_scopes, open) {
  const auto f = co_await make_file(p.root, "f", as_bytes("one, two"));
  REQUIRE_GOOD(f);
  bytes first(3);
  const auto a = sluice::sync(f->read_exact_at(first, 0));
  CHECK_THAT(a.whole());
  bytes second(3);
  const auto b = sluice::sync(f->read_exact_at(second, 5));
  CHECK_THAT(b.whole());
  CHECK_SAME(as_text(first) + as_text(second), "onetwo");
}

SLUICE_CASE(oobe, open, read_segments) {
  const auto f = co_await make_file(p.root, "f", as_bytes("0123"));
  REQUIRE_GOOD(f);
  bytes two(2, std::byte{'x'});
  const auto outside = co_await f->read_exact_at(two, 4);
  CHECK_SAME(show(outside), "0 of 2, at the end");
  CHECK_SAME(as_text(two), "xx");
}

SLUICE_CASE(split_oobe, open, read_segments) {
  const auto f = co_await make_file(p.root, "f", as_bytes("0123"));
  REQUIRE_GOOD(f);
  bytes two(2);
  const auto half = co_await f->read_exact_at(two, 3);
  CHECK_SAME(show(half), "1 of 2, at the end");
  CHECK_SAME(as_text(std::span(two).first(1)), "3");
}

/// Of two bytes, one inside: one part tells both, or each has its own.
struct halves {
  std::size_t parts = 0, size = 0, done = 0;
  void book(const landed_segment& s) {
    ++parts;
    size += s.size;
    done += s.done;
  }
  bool right() const { return (parts == 1 || parts == 2) && size == 2 && done == 1; }
};

SLUICE_CASE(split_oobe_stream, open, read_segments) {
  const auto f = co_await make_file(p.root, "f", as_bytes("0123"));
  REQUIRE_GOOD(f);
  bytes two(2);
  segment_stream<4> parts;
  auto reading = f->read_segments_at(two, 3, parts);
  co_await parts.begin(reading);
  halves told;
  for (;;) {
    const auto part = co_await parts.next();
    if (!part) break;
    told.book(*part);
  }
  CHECK_THAT(told.right());
  CHECK_SAME(show(reading.outcome()), "1 of 2, at the end");
}

SLUICE_CASE(split_oobe_func, open, read_segments) {
  const auto f = co_await make_file(p.root, "f", as_bytes("0123"));
  REQUIRE_GOOD(f);
  bytes two(2);
  halves told;
  each_segment each([&](const landed_segment& s) { told.book(s); });
  const auto whole = co_await f->read_segments_at(two, 3, each);
  CHECK_SAME(show(whole), "1 of 2, at the end");
  CHECK_THAT(told.right());
}

/// A transfer that was never begun does nothing, and may go.
SLUICE_CASE(drop_bare_stream, open, read_segments, write_segments) {
  const auto f = co_await make_file(p.root, "f", as_bytes("kept"));
  REQUIRE_GOOD(f);
  bytes buffer(4, std::byte{'x'});
  {
    segment_stream<2> parts;
    const auto reading = f->read_segments_at(buffer, 0, parts);
    const auto writing = f->write_segments_at(buffer, 0, parts);
    const auto none = co_await parts.next();
    CHECK_FAILS(none, end_of_file);
  }
  CHECK_SAME(as_text(buffer), "xxxx");
  const auto all = co_await content_of(*f);
  REQUIRE_GOOD(all);
  CHECK_SAME(as_text(*all), "kept");
}

}  // namespace
}  // namespace sluice::conformance

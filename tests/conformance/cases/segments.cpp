// Transfers that tell of their parts: whatever the space cuts them into, the parts make up the whole.
#include <algorithm>
#include <map>

#include "conformance/helpers.hpp"

namespace {

using namespace sluice;
using namespace sluice::conformance;

/// Books parts, and finds those that lie on each other or outside.
struct ledger {
  std::vector<bool> told;
  std::size_t parts = 0, transferred = 0, overlaps = 0, outside = 0, wrong_tags = 0;
  std::uint64_t tag;
  std::vector<error> failures;

  ledger(std::size_t size, std::uint64_t t) : told(size), tag(t) {}

  void book(const landed_segment& s) {
    ++parts;
    transferred += s.done;
    if (s.tag != tag) ++wrong_tags;
    if (s.begin + s.size > told.size() || s.done > s.size) {
      ++outside;
      return;
    }
    for (std::size_t i = s.begin; i < s.begin + s.size; ++i) {
      if (told[i]) ++overlaps;
      told[i] = true;
    }
    if (s.done < s.size) failures.push_back(s.failure);
  }
  bool covers() const {
    return overlaps == 0 && outside == 0 && wrong_tags == 0 &&
           std::count(told.begin(), told.end(), false) == 0;
  }
};

constexpr std::span<const std::byte> no_bytes;

}  // namespace

SLUICE_CASE(segments_make_up_a_read, read_segments, write_at) {
  const bytes content = pattern(200'000);
  auto f = co_await make_file(p.root, "f", content);
  REQUIRE_GOOD(f);
  bytes buffer(150'000);
  ledger parts(buffer.size(), 77);
  each_segment told([&](const landed_segment& s) { parts.book(s); });
  const auto whole = co_await f->read_segments_at(buffer, 11, told, 77);
  CHECK_THAT(whole.whole());
  CHECK_THAT(parts.covers());
  CHECK_SAME(parts.transferred, buffer.size());
  CHECK_THAT(std::equal(buffer.begin(), buffer.end(), content.begin() + 11));
}

SLUICE_CASE(segments_make_up_a_write, write_segments, read_at) {
  auto f = co_await make_file(p.root, "f", no_bytes);
  REQUIRE_GOOD(f);
  const bytes content = pattern(150'000, 3);
  ledger parts(content.size(), 0);
  each_segment told([&](const landed_segment& s) { parts.book(s); });
  const auto whole = co_await f->write_segments_at(content, 0, told);
  CHECK_THAT(whole.whole());
  CHECK_THAT(parts.covers());
  const auto back = co_await content_of(*f);
  REQUIRE_GOOD(back);
  CHECK_THAT(*back == content);
}

SLUICE_CASE(segments_tell_of_the_end, read_segments) {
  const bytes content = pattern(10'000);
  auto f = co_await make_file(p.root, "f", content);
  REQUIRE_GOOD(f);
  bytes buffer(8'000);
  ledger parts(buffer.size(), 0);
  each_segment told([&](const landed_segment& s) { parts.book(s); });
  const auto whole = co_await f->read_segments_at(buffer, 4'000, told);
  CHECK_SAME(whole.done, std::size_t{6'000});
  CHECK_THAT(whole.end && !whole.first_error);
  CHECK_THAT(parts.covers());
  CHECK_SAME(parts.transferred, std::size_t{6'000});
  CHECK_THAT(!parts.failures.empty());
  for (const error& e : parts.failures) CHECK_THAT(e == errc::end_of_file);

  ledger beyond(buffer.size(), 0);
  each_segment told_beyond([&](const landed_segment& s) { beyond.book(s); });
  const auto none = co_await f->read_segments_at(buffer, 50'000, told_beyond);
  CHECK_SAME(none.done, std::size_t{0});
  CHECK_THAT(none.end && beyond.covers() && beyond.transferred == 0);

  std::byte two[2];
  const auto split = co_await f->read_exact_at(two, 9'999);
  CHECK_SAME(split.done, std::size_t{1});
  CHECK_THAT(split.end);
}

SLUICE_CASE(segments_carry_errors, read_segments, write_segments) {
  auto f = co_await make_file(p.root, "f", pattern(100));
  REQUIRE_GOOD(f);
  auto reader = co_await p.root.open("f", open_mode::read);
  REQUIRE_GOOD(reader);
  const bytes content = pattern(5'000);
  ledger parts(content.size(), 0);
  each_segment told([&](const landed_segment& s) { parts.book(s); });
  const auto whole = co_await reader->write_segments_at(content, 0, told);
  CHECK_SAME(whole.done, std::size_t{0});
  CHECK_THAT(whole.first_error == errc::bad_handle);
  CHECK_THAT(parts.covers() && parts.transferred == 0);
  for (const error& e : parts.failures) CHECK_THAT(e == errc::bad_handle);
}

SLUICE_CASE(segments_of_nothing, read_segments, write_segments) {
  auto f = co_await make_file(p.root, "f", pattern(100));
  REQUIRE_GOOD(f);
  const auto read = co_await f->read_exact_at(std::span<std::byte>(), 10);
  CHECK_THAT(read.whole() && !read.first_error && read.total == 0);
  const auto written = co_await f->write_all_at(std::span<const std::byte>(), 10);
  CHECK_THAT(written.whole() && !written.first_error);
}

SLUICE_CASE(segments_come_as_a_stream, read_segments) {
  const bytes content = pattern(400'000);
  auto f = co_await make_file(p.root, "f", content);
  REQUIRE_GOOD(f);
  bytes first(100'000), second(100'000);
  segment_stream<3> parts;
  auto one = f->read_segments_at(first, 0, parts, 1);
  auto other = f->read_segments_at(second, 200'000, parts, 2);
  co_await parts.begin(one);
  co_await parts.begin(other);
  std::map<std::uint64_t, ledger> books{{1, ledger(first.size(), 1)}, {2, ledger(second.size(), 2)}};
  for (;;) {
    const auto part = co_await parts.next();
    if (!part) {
      CHECK_THAT(part.error() == errc::end_of_file);
      break;
    }
    REQUIRE_THAT(books.contains(part->tag));
    books.at(part->tag).book(*part);
  }
  CHECK_THAT(books.at(1).covers() && books.at(2).covers());
  CHECK_THAT(one.outcome().whole() && other.outcome().whole());
  CHECK_THAT(std::equal(first.begin(), first.end(), content.begin()));
  CHECK_THAT(std::equal(second.begin(), second.end(), content.begin() + 200'000));
  const auto again = co_await parts.next();
  CHECK_FAILS(again, end_of_file);
}

SLUICE_CASE(segments_one_at_a_time, read_segments, write_segments) {
  const bytes content = pattern(64'000);
  auto f = co_await make_file(p.root, "f", no_bytes);
  REQUIRE_GOOD(f);
  for (unsigned round = 0; round < 20; ++round) {
    segment_stream<1> narrow;
    auto writing = f->write_segments_at(content, 0, narrow);
    co_await narrow.begin(writing);
    ledger written(content.size(), 0);
    bytes back(content.size());
    auto reading = f->read_segments_at(back, 0, narrow, round);
    for (;;) {
      const auto part = co_await narrow.next();
      if (!part) break;
      written.book(*part);
    }
    CHECK_THAT(written.covers() && writing.outcome().whole());
    co_await narrow.begin(reading);
    ledger read(back.size(), round);
    for (;;) {
      const auto part = co_await narrow.next();
      if (!part) break;
      read.book(*part);
    }
    CHECK_THAT(read.covers() && reading.outcome().whole());
    CHECK_THAT(back == content);
  }
}

SLUICE_CASE(segments_of_a_cancelled_transfer, read_segments) {
  auto f = co_await make_file(p.root, "f", pattern(100'000));
  REQUIRE_GOOD(f);
  const auto here = co_await this_task();
  stop_source stop(*here.home);
  stop.request_stop();
  bytes buffer(100'000);
  segment_stream<4> parts;
  auto reading = f->read_segments_at(buffer, 0, parts);
  reading.stop_by = &stop;
  co_await parts.begin(reading);
  const auto part = co_await parts.next();
  CHECK_FAILS(part, end_of_file);
  const auto whole = reading.outcome();
  CHECK_THAT(whole.done == 0 && whole.total == buffer.size());
  CHECK_THAT(whole.first_error == errc::canceled);
}

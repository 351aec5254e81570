#include <algorithm>
#include <cstring>
#include <new>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

constexpr std::uint64_t five_gib = std::uint64_t{5} << 30;

SLUICE_CASE(read_gives_what_was_written, open, read_at, write_at) {
  const bytes data = pattern(300'000);
  const auto f = co_await make_file(p.root, "a", data);
  REQUIRE_GOOD(f);
  const auto all = co_await content_of(*f);
  REQUIRE_GOOD(all);
  CHECK_THAT(*all == data);
  bytes middle(1000);
  const auto read = co_await f->read_exact_at(middle, 123'456);
  CHECK_THAT(read.whole());
  CHECK_THAT(std::equal(middle.begin(), middle.end(), data.begin() + 123'456));
}

SLUICE_CASE(overwriting_changes_only_its_range, open, read_at, write_at) {
  bytes data = pattern(50'000);
  const auto f = co_await make_file(p.root, "a", data);
  REQUIRE_GOOD(f);
  const bytes patch = pattern(7'777, 9);
  const auto written = co_await f->write_all_at(patch, 16'000);
  CHECK_THAT(written.whole());
  std::ranges::copy(patch, data.begin() + 16'000);
  const auto all = co_await content_of(*f);
  REQUIRE_GOOD(all);
  CHECK_THAT(*all == data);
}

SLUICE_CASE(nothing_can_be_transferred, open, read_at, write_at, readv_at) {
  const auto f = co_await make_file(p.root, "a", as_bytes("text"));
  REQUIRE_GOOD(f);
  const auto read = co_await f->read_at(std::span<std::byte>(), 1);
  REQUIRE_GOOD(read);
  CHECK_SAME(*read, 0u);
  const auto written = co_await f->write_at(std::span<const std::byte>(), 100);
  REQUIRE_GOOD(written);
  CHECK_SAME(*written, 0u);
  const auto sliced = co_await f->read_at(std::span<const io_slice>(), 0);
  REQUIRE_GOOD(sliced);
  CHECK_SAME(*sliced, 0u);
  const auto exact = co_await f->read_exact_at(std::span<std::byte>(), 100);
  CHECK_THAT(exact.whole());
  const auto s = co_await f->stat();
  REQUIRE_GOOD(s);
  CHECK_SAME(s->size, 4u);
}

SLUICE_CASE(the_end_is_zero_bytes_and_no_error, open, read_at) {
  const auto f = co_await make_file(p.root, "a", as_bytes("text"));
  REQUIRE_GOOD(f);
  bytes buffer(10);
  const auto at = co_await f->read_at(buffer, 4);
  REQUIRE_GOOD(at);
  CHECK_SAME(*at, 0u);
  const auto behind = co_await f->read_at(buffer, five_gib);
  REQUIRE_GOOD(behind);
  CHECK_SAME(*behind, 0u);
  const auto empty = co_await p.root.open("empty", create_new);
  REQUIRE_GOOD(empty);
  const auto nothing = co_await empty->read_at(buffer, 0);
  REQUIRE_GOOD(nothing);
  CHECK_SAME(*nothing, 0u);
}

SLUICE_CASE(a_read_over_the_end_is_short, open, read_at) {
  const auto f = co_await make_file(p.root, "a", as_bytes("0123456789"));
  REQUIRE_GOOD(f);
  bytes buffer(100, std::byte{'x'});
  const auto n = co_await f->read_at(buffer, 6);
  REQUIRE_GOOD(n);
  CHECK_SAME(*n, 4u);
  CHECK_SAME(as_text(std::span(buffer).first(5)), "6789x");
  bytes one(2);
  const auto last = co_await f->read_at(one, 9);
  REQUIRE_GOOD(last);
  CHECK_SAME(*last, 1u);
}

SLUICE_CASE(offsets_beyond_four_gib, open, read_at, write_at, stat) {
  const auto f = co_await p.root.open("far", create_new);
  REQUIRE_GOOD(f);
  const auto written = co_await f->write_all_at(as_bytes("far away"), five_gib);
  CHECK_SAME(show(written), "8 of 8");
  const auto s = co_await f->stat();
  REQUIRE_GOOD(s);
  CHECK_SAME(s->size, five_gib + 8);
  CHECK_THAT(s->allocated < 16u << 20);
  bytes buffer(16);
  const auto n = co_await f->read_at(buffer, five_gib);
  REQUIRE_GOOD(n);
  CHECK_SAME(as_text(std::span(buffer).first(*n)), "far away");
}

SLUICE_CASE(holes_read_as_zeros, open, read_at, write_at) {
  const auto f = co_await p.root.open("holes", create_new);
  REQUIRE_GOOD(f);
  const auto written = co_await f->write_all_at(as_bytes("end"), 200'000);
  CHECK_THAT(written.whole());
  bytes buffer(200'003, std::byte{1});
  const auto read = co_await f->read_exact_at(buffer, 0);
  CHECK_SAME(show(read), "200003 of 200003");
  const auto zeros = std::count(buffer.begin(), buffer.end() - 3, std::byte{0});
  CHECK_SAME(zeros, 200'000);
  CHECK_SAME(as_text(std::span(buffer).last(3)), "end");
}

SLUICE_CASE(offsets_out_of_range_are_invalid, open, read_at, write_at) {
  const auto f = co_await make_file(p.root, "a", as_bytes("text"));
  REQUIRE_GOOD(f);
  bytes buffer(4);
  for (const std::uint64_t offset : {UINT64_MAX, std::uint64_t{1} << 63}) {
    const auto read = co_await f->read_at(buffer, offset);
    CHECK_FAILS(read, invalid);
    const auto written = co_await f->write_at(buffer, offset);
    CHECK_FAILS(written, invalid);
  }
  const auto content = co_await content_of(*f);
  REQUIRE_GOOD(content);
  CHECK_SAME(as_text(*content), "text");
}

SLUICE_CASE(read_exact_tells_how_far_it_came, open, read_at) {
  const bytes data = pattern(10'000);
  const auto f = co_await make_file(p.root, "a", data);
  REQUIRE_GOOD(f);
  bytes buffer(10'000);
  const auto whole = co_await f->read_exact_at(buffer, 0);
  CHECK_THAT(whole.whole() && !whole.end && !whole.first_error);
  CHECK_THAT(buffer == data);
  const auto part = co_await f->read_exact_at(buffer, 4'000);
  CHECK_SAME(show(part), "6000 of 10000, at the end");
  CHECK_THAT(std::equal(data.begin() + 4'000, data.end(), buffer.begin()));
  const auto none = co_await f->read_exact_at(buffer, 10'000);
  CHECK_SAME(show(none), "0 of 10000, at the end");
  const auto writer = co_await p.root.open("a", open_mode::write);
  REQUIRE_GOOD(writer);
  const auto refused = co_await writer->read_exact_at(buffer, 0);
  CHECK_SAME(refused.done, 0u);
  CHECK_THAT(refused.first_error == errc::bad_handle && !refused.end);
}

SLUICE_CASE(read_to_end_takes_everything, open, read_at, write_at) {
  for (const std::size_t size : {0u, 1u, 65'535u, 65'536u, 65'537u, 300'000u}) {
    const bytes data = pattern(size, 7);
    const auto f = co_await make_file(p.root, "all" + std::to_string(size), data);
    REQUIRE_GOOD(f);
    bytes into(3, std::byte{9});
    into.reserve(100);  // room to spare must not be taken for the end
    const auto read = co_await f->read_to_end(into);
    CHECK_SAME(read.done, size);
    CHECK_THAT(read.whole() && read.end && !read.first_error);
    CHECK_SAME(into.size(), size + 3);
    CHECK_THAT(into[0] == std::byte{9} && std::equal(data.begin(), data.end(), into.begin() + 3));
    const auto again = co_await f->read_to_end(into, size);
    CHECK_THAT(again.end && again.done == 0 && into.size() == size + 3);
  }
}

SLUICE_CASE(read_to_end_keeps_what_there_was_when_it_fails, open, read_at) {
  const auto f = co_await p.root.open("w", open_mode::write | open_mode::create);
  REQUIRE_GOOD(f);
  bytes into(5);
  const auto refused = co_await f->read_to_end(into);
  CHECK_THAT(refused.first_error == errc::bad_handle && !refused.end && refused.done == 0);
  CHECK_SAME(into.size(), 5u);
}

SLUICE_CASE(write_all_of_megabytes, open, read_at, write_at) {
  const bytes data = pattern((1 << 20) + 4'321, 5);
  const auto f = co_await p.root.open("big", create_new);
  REQUIRE_GOOD(f);
  const auto written = co_await f->write_all_at(data, 3);
  CHECK_THAT(written.whole());
  bytes back(data.size());
  const auto read = co_await f->read_exact_at(back, 3);
  CHECK_THAT(read.whole());
  CHECK_THAT(back == data);
}

SLUICE_CASE(vectored_transfers_keep_the_order, open, readv_at, writev_at) {
  const auto f = co_await p.root.open("v", create_new);
  REQUIRE_GOOD(f);
  bytes a = pattern(100, 1);
  bytes b = pattern(5'000, 2);
  bytes c = pattern(3, 3);
  const io_slice out[] = {{a.data(), a.size()}, {nullptr, 0}, {b.data(), b.size()},
                          {c.data(), c.size()}};
  const auto written = co_await f->write_at(std::span(out), 10);
  REQUIRE_GOOD(written);
  CHECK_SAME(*written, 5'103u);
  bytes first(2'000);
  bytes second(10'000);
  const io_slice in[] = {{first.data(), first.size()}, {second.data(), second.size()}};
  const auto read = co_await f->read_at(std::span(in), 10);
  REQUIRE_GOOD(read);
  CHECK_SAME(*read, 5'103u);
  bytes expected = a;
  expected.insert(expected.end(), b.begin(), b.end());
  expected.insert(expected.end(), c.begin(), c.end());
  bytes got = first;
  got.insert(got.end(), second.begin(), second.begin() + 3'103);
  CHECK_THAT(got == expected);
}

SLUICE_CASE(truncate_cuts_and_extends, open, truncate, read_at) {
  const auto f = co_await make_file(p.root, "a", pattern(20'000));
  REQUIRE_GOOD(f);
  const auto cut = co_await f->truncate(10'001);
  CHECK_GOOD(cut);
  const auto extended = co_await f->truncate(20'000);
  CHECK_GOOD(extended);
  const auto all = co_await content_of(*f);
  REQUIRE_GOOD(all);
  REQUIRE_THAT(all->size() == 20'000);
  const bytes data = pattern(20'000);
  CHECK_THAT(std::equal(data.begin(), data.begin() + 10'001, all->begin()));
  CHECK_SAME(std::count(all->begin() + 10'001, all->end(), std::byte{0}), 9'999);
  const auto reader = co_await p.root.open("a", open_mode::read);
  REQUIRE_GOOD(reader);
  const auto refused = co_await reader->truncate(0);
  CHECK_FAILS(refused, invalid);
  const auto too_far = co_await f->truncate(UINT64_MAX);
  CHECK_FAILS(too_far, invalid);
}

SLUICE_CASE(sync_succeeds, open, sync) {
  const auto f = co_await make_file(p.root, "a", as_bytes("kept"));
  REQUIRE_GOOD(f);
  const auto all = co_await f->sync();
  CHECK_GOOD(all);
  const auto data = co_await f->sync_data();
  CHECK_GOOD(data);
  const auto names = co_await p.root.sync();
  CHECK_GOOD(names);
}

struct aligned_buffer {
  static constexpr std::size_t size = 64 * 1024;
  std::byte* data = static_cast<std::byte*>(::operator new(size, std::align_val_t{4096}));
  aligned_buffer() = default;
  aligned_buffer(const aligned_buffer&) = delete;
  aligned_buffer& operator=(const aligned_buffer&) = delete;
  ~aligned_buffer() { ::operator delete(data, std::align_val_t{4096}); }
};

SLUICE_CASE(direct_reads_see_the_same_bytes, open, read_at) {
  const bytes data = pattern(100'000);
  const auto made = co_await make_file(p.root, "a", data);
  REQUIRE_GOOD(made);
  const auto f = co_await p.root.open("a", open_mode::read | open_mode::direct);
  if (!f) {
    CHECK_FAILS(f, invalid);  // what file systems say that can't do it
    co_return;
  }
  const aligned_buffer buffer;
  bytes all;
  for (std::uint64_t offset = 0; offset < data.size();) {
    const auto n = co_await f->read_at(std::span(buffer.data, buffer.size), offset);
    REQUIRE_GOOD(n);
    REQUIRE_THAT(*n > 0);
    all.insert(all.end(), buffer.data, buffer.data + *n);
    offset += *n;
    REQUIRE_THAT(offset % 4096 == 0 || offset == data.size());
  }
  CHECK_THAT(all == data);
}

}  // namespace
}  // namespace sluice::conformance

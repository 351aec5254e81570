// Nothing at all, by every verb; and lengths that 32 bits do not hold.
#include <sys/mman.h>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

constexpr std::span<std::byte> nowhere;
constexpr std::span<const std::byte> nothing;
constexpr std::span<const io_slice> no_slices;

SLUICE_CASE(zero_bytes_of_a_file, open, read_at, write_at, readv_at, writev_at) {
  const auto f = co_await make_file(p.root, "f", as_bytes("text"));
  REQUIRE_GOOD(f);
  const io_slice hollow[] = {{nullptr, 0}, {nullptr, 0}};
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{1} << 33}) {
    const auto read = co_await f->read_at(nowhere, offset);
    CHECK_THAT(read && *read == 0);
    const auto written = co_await f->write_at(nothing, offset);
    CHECK_THAT(written && *written == 0);
    const auto none_read = co_await f->read_at(no_slices, offset);
    CHECK_THAT(none_read && *none_read == 0);
    const auto none_written = co_await f->write_at(no_slices, offset);
    CHECK_THAT(none_written && *none_written == 0);
    const auto hollow_read = co_await f->read_at(std::span(hollow), offset);
    CHECK_THAT(hollow_read && *hollow_read == 0);
    const auto hollow_written = co_await f->write_at(std::span(hollow), offset);
    CHECK_THAT(hollow_written && *hollow_written == 0);
  }
  const auto s = co_await f->stat();
  REQUIRE_GOOD(s);
  CHECK_SAME(s->size, 4u);
}

SLUICE_CASE(zero_bytes_of_a_transfer, open, read_segments, write_segments) {
  const auto f = co_await make_file(p.root, "f", as_bytes("text"));
  REQUIRE_GOOD(f);
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{1} << 33}) {
    const auto read = co_await f->read_exact_at(nowhere, offset);
    CHECK_SAME(show(read), "0 of 0");
    const auto written = co_await f->write_all_at(nothing, offset);
    CHECK_SAME(show(written), "0 of 0");
    segment_stream<1> parts;
    auto reading = f->read_segments_at(nowhere, offset, parts);
    co_await parts.begin(reading);
    std::size_t told = 0;
    for (;;) {
      const auto part = co_await parts.next();
      if (!part) break;
      told += part->size + part->done + (part->failure ? 1 : 0);
    }
    CHECK_SAME(told, 0u);
    CHECK_SAME(show(reading.outcome()), "0 of 0");
  }
  const auto s = co_await f->stat();
  REQUIRE_GOOD(s);
  CHECK_SAME(s->size, 4u);
}

/// Whole at once, whether the stream has anything or not.
SLUICE_CASE(zero_bytes_of_a_stream, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const auto sent = co_await ends->writer.write_all(nothing);
  CHECK_SAME(show(sent), "0 of 0");
  const auto exact = co_await ends->reader.read_exact(nowhere);
  CHECK_SAME(show(exact), "0 of 0");
  const auto byte = co_await ends->writer.write_some(as_bytes("x"));
  REQUIRE_GOOD(byte);
  const auto read = co_await ends->reader.read_some(nowhere);
  CHECK_THAT(read && *read == 0);
  const auto written = co_await ends->writer.write_some(nothing);
  CHECK_THAT(written && *written == 0);
  bytes buffer(10);
  const auto still_there = co_await ends->reader.read_some(buffer);
  CHECK_THAT(still_there && *still_there == 1);
}

SLUICE_CASE(zero_bytes_of_a_range, open, copy_range) {
  const auto from = co_await make_file(p.root, "from", as_bytes("text"));
  REQUIRE_GOOD(from);
  const auto to = co_await make_file(p.root, "to", as_bytes("kept"));
  REQUIRE_GOOD(to);
  const auto copied = co_await from->copy_range(0, *to, 0, 0);
  CHECK_THAT(copied && *copied == 0);
  const auto all = co_await content_of(*to);
  REQUIRE_GOOD(all);
  CHECK_SAME(as_text(*all), "kept");
}

/// Room that takes no memory until it is touched.
class address_room {
 public:
  explicit address_room(std::size_t size)
      : size_(size),
        at_(::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  ~address_room() {
    if (at_ != MAP_FAILED) ::munmap(at_, size_);
  }
  address_room(const address_room&) = delete;
  address_room& operator=(const address_room&) = delete;
  std::span<std::byte> bytes() const {
    return {static_cast<std::byte*>(at_), at_ == MAP_FAILED ? 0 : size_};
  }

 private:
  std::size_t size_;
  void* at_;
};

/// What a length of 4 GiB + 5 must not be taken for is a length of 5.
SLUICE_CASE(lengths_beyond_four_gib, open, read_at, read_segments) {
  const auto f = co_await make_file(p.root, "f", as_bytes("ten bytes!"));
  REQUIRE_GOOD(f);
  const address_room room((std::size_t{4} << 30) + 5);
  REQUIRE_THAT(!room.bytes().empty());
  const auto n = co_await f->read_at(room.bytes(), 0);
  REQUIRE_GOOD(n);
  CHECK_SAME(as_text(room.bytes().first(*n)), "ten bytes!");
  const auto exact = co_await f->read_exact_at(room.bytes(), 0);
  CHECK_SAME(show(exact), "10 of 4294967301, at the end");
}

}  // namespace
}  // namespace sluice::conformance

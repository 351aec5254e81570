// What is promised of order, and that nothing is lost where a queue is full.
#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

task<void> read_byte(const stream& from, std::byte& into, int& good) {
  const auto n = co_await from.read_some(std::span(&into, 1));
  good += n && *n == 1 ? 1 : 0;
}

/// All wait before the first byte comes.
SLUICE_LOOP_CASE(reads_on_a_stream_fill_in_order, read) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  auto here = co_await this_task();
  const bytes sent = pattern(100);
  bytes got(100);
  int good = 0;
  scope readers(here);
  for (std::byte& b : got) readers.spawn(read_byte(ends->reader, b, good));
  co_await yield();
  co_await yield();
  CHECK_SAME(good, 0);
  const auto written = co_await ends->writer.write_all(sent);
  CHECK_THAT(written.whole());
  co_await readers.join();
  CHECK_SAME(good, 100);
  CHECK_THAT(got == sent);
}

task<void> write_byte(const stream& to, std::byte b, int& good) {
  const auto n = co_await to.write_some(std::span(&b, 1));
  good += n && *n == 1 ? 1 : 0;
}

task<void> write_each(const stream& to, const bytes& data, int& good) {
  auto here = co_await this_task();
  scope writers(here);
  for (const std::byte b : data) writers.spawn(write_byte(to, b, good));
  co_await writers.join();
}

task<void> read_each(const stream& from, bytes& into, int& good) {
  auto here = co_await this_task();
  scope readers(here);
  for (std::byte& b : into) readers.spawn(read_byte(from, b, good));
  co_await readers.join();
}

/// A thousand in flight where the ring holds eight: they wait in line.
SLUICE_LOOP_CASE(a_full_ring_keeps_the_order, read, write) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const auto small = p.loop_with(8);
  const bytes sent = pattern(1000);
  bytes got(1000);
  int good = 0;
  auto both = when_all(write_each(ends->writer, sent, good), read_each(ends->reader, got, good));
  small->run(std::move(both));
  CHECK_SAME(good, 2000);
  CHECK_THAT(got == sent);
  co_await one_byte_through_a_pipe(p);
}

task<void> write_block(const file& f, std::span<const std::byte> block, std::uint64_t offset,
                       int& good) {
  const auto written = co_await f.write_all_at(block, offset);
  good += written.whole() ? 1 : 0;
}

/// It covers what was written before, also while more is being written.
SLUICE_CASE(a_sync_covers_what_was_written, open, sync, write_at) {
  const bytes data = pattern(64'000);
  const auto f = co_await p.root.open("f", create_new);
  REQUIRE_GOOD(f);
  auto here = co_await this_task();
  int good = 0;
  const auto block = [&](std::size_t i) { return std::span(data).subspan(i * 1000, 1000); };
  scope writers(here);
  for (std::size_t i = 0; i < 32; ++i) writers.spawn(write_block(*f, block(i), i * 1000, good));
  co_await writers.join();
  for (std::size_t i = 32; i < 64; ++i) writers.spawn(write_block(*f, block(i), i * 1000, good));
  const auto synced = co_await f->sync();
  CHECK_GOOD(synced);
  CHECK_THAT(good >= 32);
  co_await writers.join();
  CHECK_SAME(good, 64);
  const auto all = co_await content_of(p.root, "f");
  REQUIRE_GOOD(all);
  CHECK_THAT(*all == data);
}

/// Submitted from the end of the file to its begin.
SLUICE_CASE(writes_in_flight_to_other_ranges_do_not_meet, open, write_at, read_at) {
  const auto f = co_await p.root.open("f", create_new);
  REQUIRE_GOOD(f);
  const bytes data = pattern(100'000);
  auto here = co_await this_task();
  int good = 0;
  scope writers(here);
  for (std::size_t i = 100; i-- > 0;) {
    writers.spawn(write_block(*f, std::span(data).subspan(i * 1000, 1000), i * 1000, good));
  }
  co_await writers.join();
  CHECK_SAME(good, 100);
  const auto all = co_await content_of(*f);
  REQUIRE_GOOD(all);
  CHECK_THAT(*all == data);
}

}  // namespace
}  // namespace sluice::conformance

// Operations and buffers after their end: used again, or gone.
#include <algorithm>
#include <deque>
#include <thread>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

task<void> read_again(call<ops::read_at>& read, const bytes& buffer, const bytes& expected,
                      int times, int& good) {
  for (int i = 0; i < times; ++i) {
    std::ranges::fill(read.buffer, std::byte{0});
    const auto n = co_await read;
    good += n && *n == expected.size() && buffer == expected ? 1 : 0;
  }
}

/// Each time on the loop of another thread, once the one before is done with it.
SLUICE_THREADS_CASE(one_operation_is_used_a_thousand_times, open, read_at) {
  const bytes data = pattern(500);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  bytes buffer(500);
  auto read = f->read_at(buffer, 0);
  int good = 0;
  for (int round = 0; round < 10; ++round) {
    std::thread elsewhere([&] {
      const auto there = p.another_loop();
      there->run(read_again(read, buffer, data, 90, good));
    });
    elsewhere.join();
    co_await read_again(read, buffer, data, 10, good);
  }
  CHECK_SAME(good, 1000);
}

/// A read that a callback begins again whenever it has ended, on the same handle.
struct rereading {
  call<ops::read_at> read;
  bytes& buffer;
  int left;
  int good = 0;

  rereading(const file& f, bytes& b, int times) : read(f.read_at(b, 0)), buffer(b), left(times) {}

  /// On the driver's thread; true when all of them are over.
  bool go_on(driver& home) {
    read.waiter = this;
    while (left > 0) {
      if (!read.begin(home, nullptr, ended)) return false;
      book();
    }
    return true;
  }
  void book() {
    --left;
    good += !read.failure && read.value == buffer.size() ? 1 : 0;
  }
  static void ended(job& j) noexcept {
    auto& op = static_cast<operation&>(j);
    auto& self = *static_cast<rereading*>(op.waiter);
    self.book();
    self.go_on(*op.home);
  }
};

SLUICE_LOOP_CASE(a_callback_submits_on_its_own_handle, open, read_at) {
  const auto f = co_await make_file(p.root, "f", pattern(200));
  REQUIRE_GOOD(f);
  bytes buffer(200);
  rereading again(*f, buffer, 1000);
  auto here = co_await this_task();
  again.go_on(*here.home);
  while (again.left > 0) co_await yield();
  CHECK_SAME(again.good, 1000);
}

/// The same from the middle of a transfer that tells of its parts.
SLUICE_LOOP_CASE(a_segment_s_callback_submits_on_its_own_handle, open, read_segments) {
  const auto f = co_await make_file(p.root, "f", pattern(100'000));
  REQUIRE_GOOD(f);
  bytes small(200);
  rereading again(*f, small, 1);
  auto here = co_await this_task();
  bytes buffer(100'000);
  bool begun = false;
  each_segment told([&](const landed_segment&) {
    if (!begun) again.go_on(*here.home);
    begun = true;
  });
  const auto whole = co_await f->read_segments_at(buffer, 0, told);
  CHECK_THAT(whole.whole() && begun);
  while (again.left > 0) co_await yield();
  CHECK_SAME(again.good, 1);
}

struct told_once {
  call<ops::read_at> read;
  bytes buffer = bytes(100);
  int told = 0;

  explicit told_once(const file& f) : read(f.read_at(std::span<std::byte>(), 0)) {}
  void begin(driver& home) {
    read.buffer = buffer;
    read.waiter = this;
    const bool at_once = read.begin(home, nullptr, [](job& j) noexcept {
      ++static_cast<told_once*>(static_cast<operation&>(j).waiter)->told;
    });
    if (at_once) ++told;
  }
};

SLUICE_LOOP_CASE(each_completion_is_told_once, open, read_at) {
  const auto f = co_await make_file(p.root, "f", pattern(100));
  REQUIRE_GOOD(f);
  auto here = co_await this_task();
  std::deque<told_once> reads;
  for (int i = 0; i < 100; ++i) reads.emplace_back(*f).begin(*here.home);
  const auto ended = [](const told_once& r) { return r.told > 0; };
  while (!std::ranges::all_of(reads, ended)) co_await yield();
  for (int i = 0; i < 20; ++i) co_await yield();
  const auto again = [](const told_once& r) { return r.told != 1 || r.read.value != 100; };
  CHECK_SAME(std::ranges::count_if(reads, again), 0);
}

/// A checksum taken at the end stays right.
SLUICE_CASE(nobody_touches_a_buffer_after_the_end, open, read_at, write_at) {
  const bytes data = pattern(20'000);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  bytes buffer(20'000);
  const auto read = co_await f->read_at(buffer, 0);
  REQUIRE_GOOD(read);
  const bytes at_the_end = buffer;
  bytes source = pattern(20'000, 2);
  const auto written = co_await f->write_at(source, 0);
  REQUIRE_GOOD(written);
  for (int i = 0; i < 20; ++i) co_await yield();
  CHECK_THAT(buffer == at_the_end);
  CHECK_THAT(source == pattern(20'000, 2));
  // What is done to a buffer after the end changes nothing, either.
  std::ranges::fill(source, std::byte{7});
  for (int i = 0; i < 20; ++i) co_await yield();
  const auto all = co_await content_of(*f);
  REQUIRE_GOOD(all);
  CHECK_THAT(std::equal(all->begin(), all->begin() + static_cast<std::ptrdiff_t>(*written),
                        pattern(20'000, 2).begin()));
}

task<void> read_into_own(const file& f, std::uint64_t offset, int& good) {
  auto buffer = std::make_unique<bytes>(3'000);
  const auto n = co_await f.read_at(*buffer, offset);
  buffer.reset();  // at once: address sanitizers see who comes too late
  good += n && *n > 0 ? 1 : 0;
}

SLUICE_CASE(buffers_may_go_when_the_operation_has_ended, open, read_at) {
  const auto f = co_await make_file(p.root, "f", pattern(200'000));
  REQUIRE_GOOD(f);
  auto here = co_await this_task();
  int good = 0;
  scope readers(here);
  for (std::uint64_t i = 0; i < 100; ++i) readers.spawn(read_into_own(*f, i * 1000, good));
  co_await readers.join();
  CHECK_SAME(good, 100);
}

}  // namespace
}  // namespace sluice::conformance

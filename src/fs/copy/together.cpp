// A large file's ranges, several at a time where each waits for the device: it has the next ones to do
// meanwhile.
#include <algorithm>
#include <ranges>

#include "fs/copy/context.hpp"
#include "sluice/core/for_each.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::uint64_t range_bytes = 16 << 20;
constexpr std::size_t at_a_time = 8;
constexpr std::uint64_t large = 4 * range_bytes;

struct shared_ranges {
  context& c;
  const file& from;
  const file& to;
  std::uint64_t size;
  std::uint64_t whole = size;  // what lies before has been copied, once all have ended
};

task<void> copy_one(shared_ranges& s, std::uint64_t number) {
  std::uint64_t at = number * range_bytes;
  const std::uint64_t end = std::min(at + range_bytes, s.size);
  while (at < end && at < s.whole) {
    std::uint64_t moved = 0;
    if (!s.c.stopping()) {
      const std::size_t want = s.c.flow.piece(static_cast<std::size_t>(end - at));
      auto copied = co_await s.from.copy_range(at, s.to, at, want);
      if (copied) moved = *copied;
    }
    if (moved == 0) s.whole = std::min(s.whole, at);
    at += moved;
    if (moved != 0 && s.c.flow.watched()) {
      auto passing = s.c.flow.passed(s.to.in(), moved);
      co_await std::move(passing);
    }
  }
}

/// Whether most of it is in memory, by looking here and there. Where the file system does not tell, it may
/// be anywhere.
task<bool> is_mostly_cached(const file& from, std::uint64_t size) {
  constexpr std::uint64_t looks = 16;
  unsigned found = 0;
  for (std::uint64_t n = 0; n < looks; ++n) {
    auto there = co_await from.cached(size / looks * n, 1);
    if (!there) co_return false;
    if (*there) ++found;
  }
  co_return found > looks / 2;
}

}  // namespace

task<std::uint64_t> copy_ranges_together(context& c, const file& from, const file& to,
                                         std::uint64_t size) {
  if (size < large) co_return std::uint64_t{0};
  shared_ranges s{c, from, to, size};
  auto looking = is_mostly_cached(from, size);
  const bool cached = co_await std::move(looking);
  // What is in memory is nothing to wait for, and several who write to one file only cost more processor.
  const std::size_t together = cached ? 1 : at_a_time;
  const auto numbers = std::views::iota(std::uint64_t{0}, (size + range_bytes - 1) / range_bytes);
  auto each = [&s](std::uint64_t number) { return copy_one(s, number); };
  auto all = for_each_concurrent(numbers, together, each);
  co_await std::move(all);
  if (s.whole < size) {
    // The source was cut meanwhile, or something failed: what lies behind would not be its bytes.
    auto cut = co_await to.truncate(s.whole);
    static_cast<void>(cut);  // who can't cut it will hear of what failed here
  }
  co_return s.whole;
}

}  // namespace sluice::inline v0::copying

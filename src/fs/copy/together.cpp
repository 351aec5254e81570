// A large file's ranges, several at a time. As plain calls, which is how cached bytes are copied, they
// follow one another; where each waits for the device, it has the next ones to do meanwhile.
#include <algorithm>
#include <ranges>

#include "fs/copy/together.hpp"
#include "sluice/core/for_each.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::uint64_t range_bytes = 16 << 20;
constexpr std::uint64_t large = 4 * range_bytes;

/// Inside the kernel.
task<void> copy_range(large_file& f, std::uint64_t number) {
  std::uint64_t at = number * range_bytes;
  const std::uint64_t end = std::min(at + range_bytes, f.size);
  while (at < end && at < f.whole) {
    std::uint64_t moved = 0;
    if (!f.c.stopping()) {
      const std::size_t want = f.c.flow.piece(static_cast<std::size_t>(end - at));
      auto copied = co_await f.from.copy_range(at, f.to, at, want);
      if (copied) moved = *copied;
    }
    auto taking = take_in(f, at, moved);
    co_await std::move(taking);
    at += moved;
  }
}

}  // namespace

task<void> take_in(large_file& f, std::uint64_t at, std::uint64_t moved) {
  if (moved == 0) f.whole = std::min(f.whole, at);
  if (moved == 0 || !f.c.flow.watched()) co_return;
  auto passing = f.c.flow.passed(f.to.in(), moved);
  co_await std::move(passing);
}

task<std::uint64_t> copy_ranges_together(context& c, const item& i, const file& from, const file& to,
                                         std::uint64_t size) {
  if (size < large) co_return std::uint64_t{0};
  large_file f{c, i, from, to, size};
  auto past = copy_past_cache(f);
  const bool begun = co_await std::move(past);
  if (!begun) {
    const auto numbers = std::views::iota(std::uint64_t{0}, (size + range_bytes - 1) / range_bytes);
    auto each = [&f](std::uint64_t number) { return copy_range(f, number); };
    auto all = for_each_concurrent(numbers, ranges_at_a_time, each);
    co_await std::move(all);
  }
  if (f.whole < size) {
    // The source was cut meanwhile, or something failed: what lies behind would not be its bytes.
    auto cut = co_await to.truncate(f.whole);
    static_cast<void>(cut);  // who can't cut it will hear of what failed here
  }
  co_return f.whole;
}

}  // namespace sluice::inline v0::copying

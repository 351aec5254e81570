// A large source that is not in memory is read past the page cache: its bytes are moved by the processor
// once and not twice, the device always has several requests, and what others keep in the cache stays.
#include <algorithm>
#include <memory>
#include <ranges>
#include <vector>

#include "fs/copy/aligned.hpp"
#include "fs/copy/together.hpp"
#include "sluice/core/for_each.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::size_t piece_bytes = 1 << 20;

/// By looking here and there. False where the file system does not tell.
task<bool> is_mostly_cold(const file& from, std::uint64_t size) {
  constexpr std::uint64_t looks = 16;
  unsigned cold = 0;
  for (std::uint64_t n = 0; n < looks; ++n) {
    auto there = co_await from.cached(size / looks * n, 1);
    if (!there) co_return false;
    if (!*there) ++cold;
  }
  co_return cold > looks / 2;
}

struct cold_file {
  large_file& of;
  file direct;
  std::vector<aligned_buffer> spare;  // all of one thread
  bool any = false;                   // something was read
};

/// Reads and writes a piece; tells how much of it there is now.
task<std::uint64_t> move_piece(cold_file& f, std::uint64_t at, std::span<std::byte> buffer) {
  auto got = co_await f.direct.read_at(buffer, at);
  if (!got) co_return std::uint64_t{0};
  f.any = true;
  // It may have grown. What came meanwhile is left to whoever looks for its end.
  const std::uint64_t wanted = std::min<std::uint64_t>(*got, f.of.size - at);
  const std::span<const std::byte> bytes = buffer.first(static_cast<std::size_t>(wanted));
  auto put = co_await f.of.to.write_all_at(bytes, at);
  co_return std::uint64_t{put.done};
}

task<void> copy_piece(cold_file& f, std::uint64_t number) {
  const std::uint64_t at = number * piece_bytes;
  if (at >= f.of.whole || f.of.c.stopping()) {
    f.of.whole = std::min(f.of.whole, at);
    co_return;
  }
  aligned_buffer buffer = f.spare.empty() ? aligned_buffer(piece_bytes) : std::move(f.spare.back());
  if (!f.spare.empty()) f.spare.pop_back();
  auto moving = move_piece(f, at, buffer.bytes());
  const std::uint64_t moved = co_await std::move(moving);
  f.spare.push_back(std::move(buffer));
  auto taking = take_in(f.of, at, moved);
  co_await std::move(taking);
  // Where a direct read ended early none can go on.
  const std::uint64_t wanted = std::min<std::uint64_t>(piece_bytes, f.of.size - at);
  if (moved < wanted) f.of.whole = std::min(f.of.whole, at + moved);
}

}  // namespace

task<bool> copy_past_cache(large_file& f) {
  // Who wants them slowly, or in small pieces, gets them as usual.
  if (f.c.flow.piece(piece_bytes) < piece_bytes) co_return false;
  auto looking = is_mostly_cold(f.from, f.size);
  const bool cold = co_await std::move(looking);
  if (!cold) co_return false;
  cold_file past{f, file(), {}};
  const open_mode how = f.i.follow ? open_mode::direct : open_mode::direct | open_mode::no_follow;
  auto opening = open_again(f.i.from, f.i.name, f.from, how);
  past.direct = co_await std::move(opening);
  if (!past.direct) co_return false;
  const auto numbers = std::views::iota(std::uint64_t{0}, (f.size + piece_bytes - 1) / piece_bytes);
  auto each = [&past](std::uint64_t number) { return copy_piece(past, number); };
  auto all = for_each_concurrent(numbers, ranges_at_a_time, each);
  co_await std::move(all);
  auto closed = co_await past.direct.close();
  static_cast<void>(closed);  // it was only read
  if (!past.any) f.whole = f.size;  // not one could be read so
  co_return past.any;
}

}  // namespace sluice::inline v0::copying

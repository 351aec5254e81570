// The bytes of a file: shared blocks where the file system can, copies inside the kernel where it
// can't, and a buffer where even that does not work. Holes stay holes.
#include <algorithm>
#include <memory>

#include "fs/copy/context.hpp"
#include "sluice/io/stream.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::size_t range_at_once = 64 << 20;  // one call of copy_range
constexpr std::size_t buffer_size = 256 << 10;

struct extent {
  std::uint64_t begin, end;
};

/// Errors that mean: not this way, not with these two files.
bool is_refusal(const error& e) noexcept {
  return e == errc::not_supported || e == errc::cross_device || e == errc::invalid ||
         e == errc::bad_handle || e == errc::permission_denied || e == errc::busy;
}

/// Through a buffer, until the extent or the source ends; the extent's begin tells where.
task<bool> copy_by_buffer(context& c, const item& i, const file& from, const file& to,
                          extent& e) {
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(buffer_size);
  while (e.begin < e.end) {
    const std::size_t want = std::min<std::uint64_t>(buffer_size, e.end - e.begin);
    auto got = co_await from.read_at(std::span(buffer.get(), want), e.begin);
    if (!got) {
      c.fail(i, copy_step::read_source, got.error());
      co_return false;
    }
    if (*got == 0) co_return true;
    const std::span<const std::byte> bytes(buffer.get(), *got);
    auto put = co_await to.write_all_at(bytes, e.begin);
    if (!put) {
      c.fail(i, copy_step::write_target, put.first_error);
      co_return false;
    }
    e.begin += *got;
  }
  co_return true;
}

/// Inside the kernel. A source that answers "nothing" at once may be one that has no size, like
/// those of /proc: reading tells.
task<bool> copy_extent(context& c, const item& i, const file& from, const file& to, extent& e) {
  while (e.begin < e.end) {
    const std::size_t want = std::min<std::uint64_t>(range_at_once, e.end - e.begin);
    auto moved = co_await from.copy_range(e.begin, to, e.begin, want);
    if (!moved && !is_refusal(moved.error())) {
      c.fail(i, copy_step::write_target, moved.error());
      co_return false;
    }
    if (!moved || *moved == 0) {
      auto by_hand = copy_by_buffer(c, i, from, to, e);
      const bool copied = co_await std::move(by_hand);
      co_return copied;
    }
    e.begin += *moved;
  }
  co_return true;
}

task<bool> copy_extents(context& c, const item& i, const file& from, const file& to,
                        std::uint64_t size) {
  std::uint64_t at = 0;
  while (at < size) {
    auto data = co_await from.seek_data(at);
    if (!data && data.error() == errc::not_found) break;  // only a hole is left
    if (!data) {
      extent all{at, size};
      auto copying_all = copy_extent(c, i, from, to, all);
      const bool copied = co_await std::move(copying_all);
      co_return copied;
    }
    auto hole = co_await from.seek_hole(*data);
    const std::uint64_t end = hole ? std::min(*hole, size) : size;
    extent some{*data, end};
    auto copying_some = copy_extent(c, i, from, to, some);
    const bool copied = co_await std::move(copying_some);
    if (!copied) co_return false;
    if (some.begin < end) {
      // It ended early: it was cut meanwhile, or, as in /sys, its size was never true.
      size = some.begin;
      break;
    }
    at = end;
  }
  auto sized = co_await to.truncate(size);
  if (!sized) c.fail(i, copy_step::set_size, sized.error());
  co_return sized.has_value();
}

}  // namespace

task<bool> copy_data(context& c, const item& i, const file& from, const file& to,
                     const file_status& source) {
  if (source.size > 0 && !c.clone_hopeless.load(std::memory_order_relaxed)) {
    auto shared = co_await to.clone(from);
    if (shared) co_return true;
    if (shared.error() == errc::no_space) {
      c.fail(i, copy_step::write_target, shared.error());
      co_return false;
    }
    c.clone_hopeless.store(true, std::memory_order_relaxed);
  }
  if (source.size > 0 && source.allocated < source.size) {
    auto sparse = copy_extents(c, i, from, to, source.size);
    const bool copied = co_await std::move(sparse);
    co_return copied;
  }
  // Files of /proc and the like have no size and still something to read.
  constexpr std::uint64_t until_it_ends = UINT64_MAX;
  const bool sized = source.size > 0;
  extent whole{0, sized ? source.size : until_it_ends};
  auto plain = sized ? copy_extent(c, i, from, to, whole) : copy_by_buffer(c, i, from, to, whole);
  const bool copied = co_await std::move(plain);
  co_return copied;
}

task<bool> copy_until_end(context& c, const item& i, file& from, const file& to) {
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(buffer_size);
  // The same descriptors, seen as streams; the files keep them.
  stream source(adopt, from.in(), from.id());
  stream target(adopt, to.in(), to.id());
  bool copied = true;
  for (;;) {
    auto got = co_await source.read_some(std::span(buffer.get(), buffer_size));
    if (!got) {
      c.fail(i, copy_step::read_source, got.error());
      copied = false;
      break;
    }
    if (*got == 0) break;
    const std::span<const std::byte> bytes(buffer.get(), *got);
    auto put = co_await target.write_all(bytes);
    if (!put) {
      c.fail(i, copy_step::write_target, put.first_error);
      copied = false;
      break;
    }
  }
  source.detach();
  target.detach();
  co_return copied;
}

}  // namespace sluice::inline v0::copying

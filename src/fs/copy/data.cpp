// The bytes of a file: shared blocks where the file system can, copies inside the kernel where it
// can't, and a buffer where even that does not work. Holes stay holes.
#include <algorithm>
#include <memory>

#include "fs/copy/context.hpp"
#include "sluice/io/stream.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::size_t range_at_once = 16 << 20;  // one call of copy_range: then a stop is heard
constexpr std::size_t buffer_size = 256 << 10;
constexpr std::uint64_t until_it_ends = UINT64_MAX;

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
    if (c.stopping()) co_return false;
    const std::size_t want = std::min<std::uint64_t>(c.flow.piece(buffer_size), e.end - e.begin);
    auto got = co_await from.read_at(std::span(buffer.get(), want), e.begin);
    if (!got) {
      c.fail(i, copy_step::read_source, got.error());
      co_return false;
    }
    if (*got == 0) co_return true;
    const std::span<const std::byte> bytes(buffer.get(), *got);
    auto put = co_await to.write_all_at(bytes, e.begin);
    if (!put) {
      auto failing = fail_to_write(c, i, copy_step::write_target, to, put.first_error);
      co_await std::move(failing);
      co_return false;
    }
    e.begin += *got;
    if (c.flow.watched()) {
      auto passing = c.flow.passed(to.in(), *got);
      co_await std::move(passing);
    }
  }
  co_return true;
}

/// Inside the kernel. A source that answers "nothing" at once may be one that has no size, like
/// those of /proc: reading tells. `size` is what its size was said to be. The kernel cuts what is
/// asked for at the size of that moment, so less than that, and up to just there, is all there is:
/// that saves the call that would find nothing.
task<bool> copy_extent(context& c, const item& i, const file& from, const file& to, extent& e,
                       std::uint64_t size) {
  const std::uint64_t first = e.begin;
  while (e.begin < e.end) {
    if (c.stopping()) co_return false;
    const std::size_t want = std::min<std::uint64_t>(c.flow.piece(range_at_once), e.end - e.begin);
    auto moved = co_await from.copy_range(e.begin, to, e.begin, want);
    if (!moved && !is_refusal(moved.error())) {
      // Nobody says which of the two it was.
      auto failing = fail_to_write(c, i, copy_step::copy_bytes, to, moved.error());
      co_await std::move(failing);
      co_return false;
    }
    if (moved && *moved == 0 && e.begin > first) co_return true;
    if (!moved || *moved == 0) {
      auto by_hand = copy_by_buffer(c, i, from, to, e);
      const bool copied = co_await std::move(by_hand);
      co_return copied;
    }
    e.begin += *moved;
    if (c.flow.watched()) {
      auto passing = c.flow.passed(to.in(), *moved);
      co_await std::move(passing);
    }
    if (*moved < want && e.begin == size) co_return true;
  }
  co_return true;
}

/// The next data of a file at or after an offset. `begin` at its end if only a hole is left.
task<extent> find_data(const file& from, std::uint64_t at) {
  auto data = co_await from.seek_data(at);
  if (!data && data.error() == errc::not_found) {
    auto now = co_await from.stat(stat_mask::size);
    const std::uint64_t end = now ? std::max(now->size, at) : at;
    co_return extent{end, end};
  }
  if (!data) co_return extent{at, until_it_ends};  // it can't tell: take it all
  auto hole = co_await from.seek_hole(*data);
  co_return extent{*data, hole ? *hole : until_it_ends};
}

task<bool> copy_extents(context& c, const item& i, const file& from, const file& to,
                        std::uint64_t size, std::uint64_t& at) {
  for (;;) {
    auto finding = find_data(from, at);
    extent some = co_await std::move(finding);
    const std::uint64_t end = some.end;
    c.flow.skipped(some.begin - at);
    at = some.begin;
    if (some.begin == end) break;
    auto copying_some = copy_extent(c, i, from, to, some, size);
    const bool copied = co_await std::move(copying_some);
    if (!copied) co_return false;
    at = some.begin;
    // It ended early: it was cut meanwhile, or, as in /sys, its size was never true.
    if (some.begin < end) break;
  }
  auto sized = co_await to.truncate(at);
  if (!sized) {
    auto failing = fail_to_write(c, i, copy_step::set_size, to, sized.error());
    co_await std::move(failing);
  }
  co_return sized.has_value();
}

enum class sharing : std::uint8_t { done, impossible, failed };

task<sharing> share_blocks(context& c, const item& i, const file& from, const file& to,
                           const file_status& source) {
  const reflink_mode how = c.options.reflink;
  const bool must = how == reflink_mode::always;
  if (!must && (how == reflink_mode::never || c.options.sparse == sparse_mode::never ||
                source.size == 0 || c.clone_hopeless.load(std::memory_order_relaxed))) {
    co_return sharing::impossible;
  }
  auto shared = co_await to.clone(from);
  if (shared) {
    c.flow.skipped(source.size);
    co_return sharing::done;
  }
  if (must || shared.error() == errc::no_space) {
    const copy_step step = must ? copy_step::clone : copy_step::write_target;
    auto failing = fail_to_write(c, i, step, to, shared.error());
    co_await std::move(failing);
    co_return sharing::failed;
  }
  c.clone_hopeless.store(true, std::memory_order_relaxed);
  co_return sharing::impossible;
}

/// All there is, whatever its size was said to be; `end` tells how much that was.
task<bool> copy_to_end(context& c, const item& i, const file& from, const file& to,
                       std::uint64_t size, std::uint64_t& end, bool inside) {
  extent all{0, until_it_ends};
  if (inside) {
    auto going_together = copy_ranges_together(c, from, to, size);
    all.begin = co_await std::move(going_together);
  }
  auto plain =
      inside ? copy_extent(c, i, from, to, all, size) : copy_by_buffer(c, i, from, to, all);
  const bool copied = co_await std::move(plain);
  end = all.begin;
  co_return copied;
}

/// What may have to be waited for is read twice as far ahead then. Small files are fetched as a whole.
task<void> tell_of_order(const item& i, const file& from, std::uint64_t size) {
  constexpr std::uint64_t small = 256 << 10;
  const bool in_memory = i.lane != nullptr && i.lane->in_memory != 0;
  if (in_memory || size <= small) co_return;
  auto advised = co_await from.advise(access_advice::sequential, 0, 0);
  static_cast<void>(advised);  // it is only slower without
}

/// `copied` is how much there was in the end.
task<bool> copy_bytes(context& c, const item& i, const file& from, const file& to,
                      const file_status& source, std::uint64_t& copied) {
  if (c.options.sparse == sparse_mode::always) return copy_without_zeros(c, i, from, to, copied);
  const bool as_it_is = c.options.sparse == sparse_mode::as_source;
  if (as_it_is && source.size > 0 && source.allocated < source.size) {
    return copy_extents(c, i, from, to, source.size, copied);
  }
  // Files of /proc and the like have no size and still something to read. Shared blocks, which the
  // kernel's own copy may make, and its holes are not what everybody wants.
  const bool inside = source.size > 0 && as_it_is && c.options.reflink != reflink_mode::never;
  return copy_to_end(c, i, from, to, source.size, copied, inside);
}

/// Whether somebody wrote to it since. Whoever sets back the time of that can't set back the time of any
/// change; but that one also tells of names that come, go or, as for a backup, are changed. Not every
/// space knows the times.
bool is_rewritten(const item& i, const file_status& before, const file_status& now) noexcept {
  const stat_mask known = before.have & now.have;
  if (any(known & stat_mask::modified) && now.modified != before.modified) return true;
  const bool renamed = !i.backup.empty() || now.links != before.links;
  return any(known & stat_mask::changed) && !renamed && now.changed != before.changed;
}

/// It is no longer what it was when it was opened. The copy is what was read: perhaps some of the old
/// bytes and some of the new ones.
task<void> tell_of_change(context& c, const item& i, const file& from, const file_status& before) {
  auto now = co_await from.stat();
  if (!now) co_return;
  // A size that was never true stays what it is.
  const bool resized = now->size != before.size;
  if (!resized && !is_rewritten(i, before, *now)) co_return;
  copy_step how = copy_step::source_rewritten;
  if (resized) how = now->size > before.size ? copy_step::source_grew : copy_step::source_shrank;
  c.warn(how, i.source_path(), i.target_path());
}

}  // namespace

task<void> fail_to_write(context& c, const item& i, copy_step step, const file& to,
                         const error& why) {
  c.fail(i, step, why);
  if (why != errc::no_space) co_return;
  auto where = co_await to.stat(stat_mask::inode);
  if (where) c.full_device.store(where->device, std::memory_order_relaxed);
}

task<bool> copy_data(context& c, const item& i, const file& from, const file& to,
                     const file_status& source) {
  auto sharing_them = share_blocks(c, i, from, to, source);
  const sharing shared = co_await std::move(sharing_them);
  if (shared == sharing::failed) co_return false;
  std::uint64_t copied = source.size;
  bool done = true;
  if (shared == sharing::impossible) {
    copied = 0;
    auto telling_order = tell_of_order(i, from, source.size);
    co_await std::move(telling_order);
    auto copying_bytes = copy_bytes(c, i, from, to, source, copied);
    done = co_await std::move(copying_bytes);
  }
  if (done && (copied > 0 || source.size > 0)) {
    auto telling = tell_of_change(c, i, from, source);
    co_await std::move(telling);
  }
  co_return done;
}

task<bool> copy_until_end(context& c, const item& i, file& from, const file& to) {
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(buffer_size);
  // The same descriptors, seen as streams; the files keep them.
  stream source(adopt, from.in(), from.id());
  stream target(adopt, to.in(), to.id());
  bool copied = true;
  for (;;) {
    copied = !c.stopping();
    if (!copied) break;
    auto got = co_await source.read_some(std::span(buffer.get(), c.flow.piece(buffer_size)));
    if (!got) {
      c.fail(i, copy_step::read_source, got.error());
      copied = false;
      break;
    }
    if (*got == 0) break;
    const std::span<const std::byte> bytes(buffer.get(), *got);
    auto put = co_await target.write_all(bytes);
    if (!put) {
      auto failing = fail_to_write(c, i, copy_step::write_target, to, put.first_error);
      co_await std::move(failing);
      copied = false;
      break;
    }
    if (c.flow.watched()) {
      auto passing = c.flow.passed(to.in(), *got);
      co_await std::move(passing);
    }
  }
  source.detach();
  target.detach();
  co_return copied;
}

}  // namespace sluice::inline v0::copying

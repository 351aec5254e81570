// Reading again what was written, from the device and not from memory where that is possible.
#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "fs/copy/context.hpp"
#include "sluice/system.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::size_t compared_at_once = 1 << 20;

/// Aligned as every device takes it.
class aligned_buffer {
 public:
  static constexpr std::align_val_t alignment{4096};

  explicit aligned_buffer(std::size_t size)
      : at_(static_cast<std::byte*>(::operator new(size, alignment))), size_(size) {}
  std::span<std::byte> bytes() const noexcept { return {at_.get(), size_}; }

 private:
  struct give_back {
    void operator()(std::byte* p) const noexcept { ::operator delete(p, alignment); }
  };
  std::unique_ptr<std::byte, give_back> at_;
  std::size_t size_;
};

enum class comparison : std::uint8_t { same, different, not_this_way, failed };

/// `size` is how much there was to compare.
task<comparison> compare(context& c, const item& i, const file& from, const file& to,
                         std::uint64_t& size) {
  const aligned_buffer one(compared_at_once), other(compared_at_once);
  for (std::uint64_t at = 0;; at += compared_at_once) {
    if (c.stopping()) co_return comparison::failed;
    const auto wanted = co_await from.read_exact_at(one.bytes(), at);
    if (wanted.first_error) {
      c.fail(i, copy_step::read_source, wanted.first_error);
      co_return comparison::failed;
    }
    const auto is = co_await to.read_exact_at(other.bytes(), at);
    if (is.first_error == errc::invalid && at == 0) co_return comparison::not_this_way;
    if (is.first_error) {
      c.fail(i, copy_step::verify_target, is.first_error);
      co_return comparison::failed;
    }
    size = at + is.done;
    const auto expected = one.bytes().first(wanted.done);
    const auto found = other.bytes().first(is.done);
    if (!std::ranges::equal(expected, found)) co_return comparison::different;
    if (is.done < compared_at_once) co_return comparison::same;
  }
}

/// A name that leads to what is open, also where it has none of its own, on systems with /proc. In spaces
/// other than the system it is none, or another's, which shows when it is opened.
std::string name_of_open(const file& f) {
  return "/proc/self/fd/" + std::to_string(system_space::descriptor(f));
}

/// What has the name, if that is still the file that is open already. Empty if it can't be opened so, or is
/// another.
task<file> open_again(const dir& in, path_ref name, const file& same_as, open_mode how) {
  file again;
  auto opened = co_await in.open(name, how | open_mode::read);
  if (!opened) co_return again;
  again = std::move(*opened);
  auto first = co_await same_as.stat(stat_mask::inode);
  auto its = co_await again.stat(stat_mask::inode);
  const bool same = first && its && identity_of(*first) == identity_of(*its);
  if (same) co_return again;
  auto closed = co_await again.close();
  static_cast<void>(closed);
  co_return file();
}

/// After the page cache was asked to forget it.
task<comparison> compare_forgotten(context& c, const item& i, const file& from, const file& to,
                                   copy_verified& v) {
  auto dropped = co_await to.advise(access_advice::dont_need);
  auto asking = lives_in_memory(to);
  const bool stays = co_await std::move(asking);
  auto comparing = compare(c, i, from, to, v.bytes);
  const comparison how = co_await std::move(comparing);
  (dropped && !stays ? v.dropped : v.cached) = v.bytes;
  co_return how;
}

/// Through a file that was opened for this.
task<comparison> compare_opened(context& c, const item& i, const file& from, file& to, bool direct,
                                copy_verified& v) {
  auto comparing = direct ? compare(c, i, from, to, v.bytes) : compare_forgotten(c, i, from, to, v);
  const comparison how = co_await std::move(comparing);
  if (direct) {
    auto asking = lives_in_memory(to);
    const bool stays = co_await std::move(asking);
    (stays ? v.cached : v.direct) = v.bytes;
  }
  auto closed = co_await to.close();
  static_cast<void>(closed);
  co_return how;
}

/// Opened once more for this. `not_this_way`: it can't be opened, or read, so.
task<comparison> compare_again(context& c, const item& i, const dir& in, const file& from, const file& to,
                               const std::string& name, open_mode way, copy_verified& v) {
  auto opening = open_again(in, name, to, way);
  file again = co_await std::move(opening);
  if (!again) co_return comparison::not_this_way;
  auto comparing = compare_opened(c, i, from, again, any(way), v);
  const comparison how = co_await std::move(comparing);
  if (how == comparison::not_this_way) v = copy_verified();
  co_return how;
}

/// By its name, past the page cache if it can be.
task<comparison> compare_named(context& c, const item& i, const dir& in, const file& from, const file& to,
                               const std::string& name, copy_verified& v) {
  for (const open_mode way : {open_mode::direct, open_mode()}) {
    auto comparing = compare_again(c, i, in, from, to, name, way, v);
    const comparison how = co_await std::move(comparing);
    if (how != comparison::not_this_way) co_return how;
  }
  c.fail(i, copy_step::verify_target, error(errc::not_found));
  co_return comparison::failed;
}

/// What has no name yet.
task<comparison> compare_nameless(context& c, const item& i, const file& from, const file& to,
                                  copy_verified& v) {
  const std::string name = name_of_open(to);
  auto again = compare_again(c, i, i.to, from, to, name, open_mode::direct, v);
  const comparison direct = co_await std::move(again);
  if (direct != comparison::not_this_way) co_return direct;
  auto forgotten = compare_forgotten(c, i, from, to, v);
  const comparison how = co_await std::move(forgotten);
  co_return how;
}

}  // namespace

task<bool> lives_in_memory(const file& f) {
  constexpr std::uint64_t tmpfs = 0x0102'1994, ramfs = 0x8584'58f6;
  auto kind = co_await f.stat_fs();
  co_return !kind || kind->type == tmpfs || kind->type == ramfs;
}

task<bool> verify_data(context& c, const item& i, const dir& in, const file& from, const file& to,
                       const std::string& name, const file_status& source) {
  copy_verified v;
  auto comparing = name.empty() ? compare_nameless(c, i, from, to, v)
                                : compare_named(c, i, in, from, to, name, v);
  const comparison how = co_await std::move(comparing);
  v.files = 1;
  if (how == comparison::same) c.add_verified(v);
  if (how != comparison::different) co_return how == comparison::same;
  auto now = co_await from.stat();
  const bool changed = now && (now->size != source.size || now->modified != source.modified);
  c.fail(i, changed ? copy_step::source_changed : copy_step::differs);
  co_return false;
}

}  // namespace sluice::inline v0::copying

// Large directories by inode, as GNU's tools go through them: where the inodes lie side by side, so
// on a disk that turns it is much faster, and it decides which of a file's names is met first.
#include <algorithm>
#include <compare>
#include <cstdint>
#include <utility>
#include <vector>

#include "fs/walk_buffers.hpp"

namespace sluice::inline v0 {

namespace {

constexpr std::size_t many = 10'000;         // above it they are sorted
constexpr std::size_t at_a_time = 100'000;   // of a directory's names

/// On file systems in memory and over a network inodes say nothing about places.
bool worth_sorting(std::uint64_t file_system) noexcept {
  constexpr std::uint64_t nfs = 0x6969, tmpfs = 0x0102'1994, lustre = 0x0bd0'0bd0;
  return file_system != nfs && file_system != tmpfs && file_system != lustre;
}

}  // namespace

/// Records of names, in memory.
class walker::gathered_names {
 public:
  void add(entry_batch some) {
    for (dir_entry e : some) {
      if (e.dot_or_dot_dot()) continue;
      names_.push_back({e.inode(), records_.size()});
      records_.insert(records_.end(), e.record(), e.record() + e.record_size());
    }
  }
  std::size_t size() const noexcept { return names_.size(); }

  /// The next of them, which are not kept. Names of one file stay as they were told.
  std::vector<std::byte> take(bool sorted) {
    const auto end = names_.begin() + static_cast<std::ptrdiff_t>(std::min(size(), at_a_time));
    if (sorted) std::sort(names_.begin(), end);
    std::vector<std::byte> taken;
    for (auto at = names_.begin(); at != end; ++at) {
      const std::byte* record = records_.data() + at->offset;
      taken.insert(taken.end(), record, record + dir_entry(record).record_size());
    }
    std::vector<name> rest(end, names_.end());
    const std::vector<std::byte> before = std::exchange(records_, {});
    names_.clear();
    for (const name& n : rest) {
      const dir_entry e(before.data() + n.offset);
      add(entry_batch(std::span(e.record(), e.record_size())));
    }
    return taken;
  }

 private:
  struct name {
    std::uint64_t inode;
    std::size_t offset;
    auto operator<=>(const name&) const = default;
  };
  std::vector<std::byte> records_;
  std::vector<name> names_;
};

/// The rest of a directory whose first batch was full.
task<void> walker::show_large(walk_dir& d, dir& open, dir_cursor& cursor, buffers& with,
                              entry_batch first, worker& on) {
  auto about = co_await open.stat_fs();
  const bool gathers = about && worth_sorting(about->type);
  gathered_names names;
  entry_batch some = first;
  for (bool ended = false;;) {
    if (gathers) {
      names.add(some);
    } else if (!ended) {
      auto showing = show(d, open, some, with, on);
      co_await std::move(showing);
    }
    while (names.size() >= at_a_time || (ended && names.size() > 0)) {
      auto showing = show_gathered(d, open, names, with, on);
      co_await std::move(showing);
    }
    if (ended) co_return;
    auto batch = co_await cursor.next(with.records);
    if (!batch) visitor_.failed(d, {}, walk_step::read, batch.error());
    some = batch ? *batch : entry_batch();
    ended = some.empty();
  }
}

task<void> walker::show_gathered(walk_dir& d, dir& open, gathered_names& names, buffers& with,
                                 worker& on) {
  const std::vector<std::byte> records = names.take(names.size() > many);
  auto showing = show(d, open, entry_batch(records), with, on);
  co_await std::move(showing);
}

}  // namespace sluice::inline v0

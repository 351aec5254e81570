// Walking in order: for visitors whose questions and words have to come as GNU's tools ask and say
// them. Nothing is done at the same time.
#include <algorithm>
#include <compare>
#include <memory>
#include <string>

#include "sluice/fs/walk.hpp"

namespace sluice::inline v0 {

/// A directory's names, which may be a million: close together.
class walker::ordered_names {
 public:
  struct name {
    std::uint64_t inode;
    std::size_t at;  // as the directory told them: names of one file stay in that order
    auto operator<=>(const name&) const = default;
  };
  void add(const dir_entry& e) {
    names_.push_back({e.inode(), bytes_.size()});
    bytes_ += static_cast<char>(e.type());
    bytes_.append(e.name().c_str(), e.name().size() + 1);
  }
  void sort() { std::ranges::sort(names_); }
  auto begin() const noexcept { return names_.begin(); }
  auto end() const noexcept { return names_.end(); }

  file_type type_of(const name& n) const noexcept { return static_cast<file_type>(bytes_[n.at]); }
  path_ref name_of(const name& n) const noexcept { return bytes_.c_str() + n.at + 1; }

 private:
  std::vector<name> names_;
  std::string bytes_;  // of each its type, its name and a zero
};

/// All names at once: a directory is not kept open while what is below it is walked.
task<void> walker::read_names(walk_dir& d, dir& open, ordered_names& into) {
  constexpr std::size_t batch_bytes = 64 * 1024;
  const auto records = std::make_unique_for_overwrite<std::byte[]>(batch_bytes);
  dir_cursor cursor = open.entries();
  for (;;) {
    auto batch = co_await cursor.next(std::span(records.get(), batch_bytes));
    if (!batch) {
      visitor_.failed(d, {}, walk_step::read, batch.error());
      break;
    }
    if (batch->empty()) break;
    for (dir_entry e : *batch) {
      if (e.dot_or_dot_dot()) continue;
      into.add(e);
    }
    if (batch->surely_last(d.status.size)) break;
  }
  into.sort();
}

/// Shows one name to the visitor, and finds the subdirectory that is to be walked now. False: the
/// directory itself could not be opened again.
task<bool> walker::visit_name(walk_dir& d, walk_entry e, std::shared_ptr<walk_dir>& below, worker& on) {
  auto pinning = places_.pin(d.where);
  auto pinned = co_await std::move(pinning);
  if (!pinned) {
    visitor_.failed(d, {}, walk_step::open, pinned.error());
    co_return false;
  }
  dir& open = **pinned;
  result<file_status> status;
  bool there = true;
  if (wants_status(e.type, false)) {
    const lookup how = options_.follow ? lookup::follow : lookup::no_follow | lookup::no_automount;
    status = co_await open.stat(e.name, options_.wanted, how);
    there = status.has_value();
    if (there) {
      e.status = &*status;
      e.type = status->type;
    } else {
      visitor_.failed(d, e.name, walk_step::stat, status.error());
    }
  }
  if (there) {
    const std::span<const walk_entry> one(&e, 1);
    auto visiting = visitor_.entries(d, open, one, on);
    co_await std::move(visiting);
    if (e.type == file_type::directory) below = visitor_.descend(d, e);
  }
  places_.unpin(d.where);
  co_return true;
}

task<void> walker::walk_in_order(std::shared_ptr<walk_dir> d, worker& on) {
  ordered_names names;
  auto pinning = places_.pin(d->where);
  auto pinned = co_await std::move(pinning);
  if (!pinned) {
    visitor_.failed(*d, {}, walk_step::open, pinned.error());
  } else {
    auto entering = visitor_.enter(*d, **pinned, on);
    const bool wanted = co_await std::move(entering);
    if (wanted) {
      auto reading = read_names(*d, **pinned, names);
      co_await std::move(reading);
    }
    places_.unpin(d->where);
  }
  for (const ordered_names::name& n : names) {
    std::shared_ptr<walk_dir> below;
    const walk_entry e{names.name_of(n), names.type_of(n), nullptr};
    auto visiting = visit_name(*d, e, below, on);
    const bool visited = co_await std::move(visiting);
    if (!visited) break;
    if (!below) continue;
    d->unfinished_.fetch_add(1, std::memory_order_relaxed);
    auto walking = walk_in_order(std::move(below), on);
    co_await std::move(walking);
  }
  auto finishing = finish(std::move(d), on);
  co_await std::move(finishing);
}

}  // namespace sluice::inline v0

// Walking in order: for visitors whose questions and words have to come as GNU's tools ask and say
// them. Nothing is done at the same time.
#include <algorithm>
#include <memory>

#include "sluice/fs/walk.hpp"

namespace sluice::inline v0 {

struct walker::ordered_name {
  std::string name;
  file_type type;
  std::uint64_t inode;
  std::size_t place;  // as the directory told them: names of one file stay in that order
};

/// All names at once: a directory is not kept open while what is below it is walked.
task<void> walker::read_names(walk_dir& d, dir& open, std::vector<ordered_name>& into) {
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
      into.push_back({std::string(e.name().c_str(), e.name().size()), e.type(), e.inode(),
                      into.size()});
    }
    if (batch->surely_last(d.status.size)) break;
  }
  std::ranges::sort(into, [](const ordered_name& a, const ordered_name& b) {
    return std::pair(a.inode, a.place) < std::pair(b.inode, b.place);
  });
}

/// Shows one name to the visitor, and finds the subdirectory that is to be walked now. False: the
/// directory itself could not be opened again.
task<bool> walker::visit_name(walk_dir& d, const ordered_name& n, std::shared_ptr<walk_dir>& below,
                              worker& on) {
  auto pinning = places_.pin(d.where);
  auto pinned = co_await std::move(pinning);
  if (!pinned) {
    visitor_.failed(d, {}, walk_step::open, pinned.error());
    co_return false;
  }
  dir& open = **pinned;
  walk_entry e{path_ref(n.name), n.type, nullptr};
  result<file_status> status;
  bool there = true;
  if (wants_status(n.type, false)) {
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
  std::vector<ordered_name> names;
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
  for (const ordered_name& n : names) {
    std::shared_ptr<walk_dir> below;
    auto visiting = visit_name(*d, n, below, on);
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

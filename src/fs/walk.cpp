#include "sluice/fs/walk.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

#include "fs/walk_buffers.hpp"
#include "fs/walk_slices.hpp"
#include "sluice/core/group.hpp"
#include "sluice/core/scope.hpp"

namespace sluice::inline v0 {

namespace {

constexpr std::size_t nearly_full = walk_batch_bytes - 1024;  // more names are to be expected
constexpr std::size_t many_waiting = 10'000; // then a subdirectory is walked before going on
constexpr std::size_t many_below = 1024;     // subdirectories kept until their directory is read
constexpr unsigned most_nesting = 16;        // each level holds its buffers, 100 KiB

}  // namespace

class directory_work final : public work {
 public:
  directory_work(walker& w, std::shared_ptr<walk_dir> d) noexcept : walker_(w), dir_(std::move(d)) {}
  task<void> run(worker& on) override { return walker_.walk_one(std::move(dir_), on); }

 private:
  walker& walker_;
  std::shared_ptr<walk_dir> dir_;
};

/// Parts of a large directory's names, for another worker, as long as there are any.
class slice_work final : public work {
 public:
  slice_work(walker& w, std::shared_ptr<walk_dir> d, std::shared_ptr<walk_slices> of) noexcept
      : walker_(w), dir_(std::move(d)), of_(std::move(of)) {}
  task<void> run(worker& on) override {
    return walker_.walk_slices_of(std::move(dir_), std::move(of_), on);
  }

 private:
  walker& walker_;
  std::shared_ptr<walk_dir> dir_;
  std::shared_ptr<walk_slices> of_;
};

class roots_work final : public work {
 public:
  roots_work(walker& w, std::span<const std::shared_ptr<walk_dir>> roots) noexcept
      : walker_(w), roots_(roots) {}
  task<void> run(worker& on) override {
    // The newest is done first: added backwards they are begun in the order given.
    for (auto at = roots_.rbegin(); at != roots_.rend(); ++at) {
      walker_.add(on, *at);
    }
    co_return;
  }

 private:
  walker& walker_;
  std::span<const std::shared_ptr<walk_dir>> roots_;
};

walker::walker(crew& c, tree_visitor& v, const walk_options& o)
    : crew_(c),
      visitor_(v),
      options_(o),
      // Nested directories stay open, on each worker: leave most of the room for the others.
      nesting_(static_cast<unsigned>(
          std::min<std::size_t>(most_nesting, o.open_directories / (4 * c.size())))),
      places_(std::max<std::size_t>(o.open_directories, 2), c.size()),
      spare_(c.size()) {}

walker::~walker() = default;

void walker::run(std::span<const std::shared_ptr<walk_dir>> roots) {
  crew_.run(std::make_unique<roots_work>(*this, roots));
}

void walker::add(worker& from, std::shared_ptr<walk_dir> root) {
  crew_.add(from, std::make_unique<directory_work>(*this, std::move(root)));
}

std::unique_ptr<walker::buffers> walker::borrow(worker& on) {
  auto& mine = spare_[on.index()].those;
  if (mine.empty()) return std::unique_ptr<buffers>(new buffers);
  auto b = std::move(mine.back());
  mine.pop_back();
  return b;
}

void walker::give_back(std::unique_ptr<buffers> b, worker& on) {
  spare_[on.index()].those.push_back(std::move(b));
}

task<void> walker::walk_one(std::shared_ptr<walk_dir> d, worker& on) {
  if (options_.in_order) {
    auto walking = walk_in_order(std::move(d), on);
    co_await std::move(walking);
    co_return;
  }
  auto pinning = places_.pin(d->where);
  auto pinned = co_await std::move(pinning);
  if (!pinned) {
    auto failing = open_failed(*d, pinned.error());
    co_await std::move(failing);
  } else {
    dir& open = **pinned;
    bool wanted = d->known_;
    if (!wanted) {
      auto asking = get_status(*d, &open);
      wanted = co_await std::move(asking);
    }
    if (wanted) {
      auto entering = visitor_.enter(*d, open, on);
      wanted = co_await std::move(entering);
    }
    if (wanted) {
      auto reading = read_all(*d, open, on);
      co_await std::move(reading);
    }
    places_.unpin(d->where);
  }
  auto finishing = finish(std::move(d), on);
  co_await std::move(finishing);
}

/// Of a directory that was shown without; `open` is null where it can't be opened. False: the visitor was
/// told that there is none.
task<bool> walker::get_status(walk_dir& d, const dir* open) {
  place& above = *d.where.parent();
  result<file_status> found = std::unexpected(error(errc::not_found));
  if (open != nullptr) {
    found = co_await open->stat(path_ref(), options_.wanted);
  } else {
    auto pinning = places_.pin(above);
    auto pinned = co_await std::move(pinning);
    if (pinned) {
      const lookup how = lookup::no_follow | lookup::no_automount;
      found = co_await (*pinned)->stat(d.where.name(), options_.wanted, how);
      places_.unpin(above);
    }
  }
  d.known_ = true;
  if (found) {
    d.status = *found;
    d.where.expect(found->device, found->inode);
  } else {
    visitor_.failed(d, {}, walk_step::stat, found.error());
  }
  co_return found.has_value();
}

task<void> walker::open_failed(walk_dir& d, error why) {
  bool there = d.known_;
  if (!there) {
    auto asking = get_status(d, nullptr);
    there = co_await std::move(asking);
  }
  if (there) visitor_.failed(d, {}, walk_step::open, why);
}

task<void> walker::read_all(walk_dir& d, dir& open, worker& on) {
  auto with = borrow(on);
  with->first = with->end = 0;
  with->shared = nullptr;
  {
    dir_cursor cursor = open.entries();
    for (;;) {
      auto batch = co_await cursor.next(with->records);
      if (!batch) {
        visitor_.failed(d, {}, walk_step::read, batch.error());
        break;
      }
      if (batch->empty()) break;
      if (options_.large_by_inode && batch->bytes().size() > nearly_full) {
        auto showing = show_large(d, open, cursor, *with, *batch, on);
        co_await std::move(showing);
        break;
      }
      const bool last = batch->surely_last(d.status.size);
      auto showing = show(d, open, *batch, *with, on);
      co_await std::move(showing);
      if (last) break;
    }
  }
  auto going = go_below(d, *with, on);
  co_await std::move(going);
  give_back(std::move(with), on);
}

task<void> walker::show(walk_dir& d, dir& open, entry_batch some, buffers& with, worker& on) {
  const std::shared_ptr<walk_slices> slices = share(d, some, with, on);
  if (slices == nullptr) {
    auto looking = look_at(d, open, some, with, on);
    co_await std::move(looking);
  } else {
    const auto after = with.end + static_cast<std::uint64_t>(std::distance(some.begin(), some.end()));
    while (const auto mine = slices->take()) {
      with.first = with.end = mine->first;
      auto looking = look_at(d, open, entry_batch(mine->records), with, on);
      co_await std::move(looking);
      slices->walked();
    }
    with.end = after;
  }
  with.first = with.end;
  // Whoever is still at the batch before this may have lost its core: wait, as what is walked ahead of
  // the names' order has to be kept.
  const auto before = std::exchange(with.shared, slices);
  while (before != nullptr && !before->all_walked()) co_await yield();
}

/// When somebody has nothing to do, cuts a large batch into slices for everybody; else null. Whoever helped
/// with the batch before this is done with it in a moment.
std::shared_ptr<walk_slices> walker::share(walk_dir& d, entry_batch whole, const buffers& with,
                                           worker& on) {
  if (!crew_.hungry() && with.shared == nullptr) return nullptr;
  auto slices = std::make_shared<walk_slices>(whole, with.end);
  if (slices->size() < 2) return nullptr;
  d.shared_.store(true, std::memory_order_relaxed);
  const std::size_t helpers = std::min<std::size_t>(slices->size() - 1, crew_.size());
  for (std::size_t i = 0; i < helpers; ++i) {
    d.unfinished_.fetch_add(1, std::memory_order_relaxed);
    crew_.add(on, std::make_unique<slice_work>(*this, d.shared_from_this(), slices));
  }
  return slices;
}

task<void> walker::walk_slices_of(std::shared_ptr<walk_dir> d, std::shared_ptr<walk_slices> of,
                                  worker& on) {
  auto mine = of->take();
  if (mine) {
    auto pinning = places_.pin(d->where);
    auto pinned = co_await std::move(pinning);
    if (!pinned) visitor_.failed(*d, {}, walk_step::open, pinned.error());
    auto with = borrow(on);
    for (; mine; mine = of->take()) {
      if (pinned) {
        with->first = with->end = mine->first;
        auto looking = look_at(*d, **pinned, entry_batch(mine->records), *with, on);
        co_await std::move(looking);
      }
      of->walked();
    }
    auto going = go_below(*d, *with, on);
    co_await std::move(going);
    give_back(std::move(with), on);
    if (pinned) places_.unpin(d->where);
  }
  auto finishing = finish(std::move(d), on);
  co_await std::move(finishing);
}

bool walker::wants_status(file_type told, bool at_once) const noexcept {
  if (told == file_type::directory) return !(options_.ask_when_open && at_once);
  return options_.status_of_all || told == file_type::unknown ||
         (options_.follow && told == file_type::symlink);
}

task<void> walker::look_at(walk_dir& d, dir& open, entry_batch batch, buffers& with, worker& on) {
  for (dir_entry e : batch) {
    const std::uint64_t place = with.end++;
    if (e.dot_or_dot_dot()) continue;
    const path_ref name = e.name();
    if (options_.filtered && visitor_.skips(d, name)) continue;
    const std::size_t at = with.entry_count++;
    with.entries[at] = {name, e.type(), nullptr, place};
    if (wants_status(e.type(), with.at_once)) {
      with.call_of[with.call_count] = at;
      ::new (static_cast<void*>(with.call_at(with.call_count)))
          walk_stat(open.in(), open.id(), name, options_.wanted,
                    options_.follow ? lookup::follow : lookup::no_follow | lookup::no_automount);
      ++with.call_count;
    }
    if (with.entry_count == stats_at_once) {
      auto handing = hand_on(d, open, with, on);
      co_await std::move(handing);
    }
  }
  auto handing = hand_on(d, open, with, on);
  co_await std::move(handing);
}

/// Gets the statuses of the gathered entries and gives them to the visitor.
task<void> walker::hand_on(walk_dir& d, dir& open, buffers& with, worker& on) {
  all_of<walk_stat> asking(std::span<walk_stat>(with.call_at(0), with.call_count));
  co_await asking;
  if (with.call_count > 0) with.at_once = !asking.waited();
  for (std::size_t i = 0; i < with.call_count; ++i) {
    walk_entry& e = with.entries[with.call_of[i]];
    walk_stat& asked = *with.call_at(i);
    if (asked.failure) {
      visitor_.failed(d, e.name, walk_step::stat, asked.failure);
      e.name = {};
    } else {
      e.status = &asked.value;
      e.type = asked.value.type;
    }
  }
  walk_entry* const end = std::remove_if(with.entries, with.entries + with.entry_count,
                                         [](const walk_entry& e) { return e.name.empty(); });
  const std::span<const walk_entry> good(with.entries, end);
  if (!good.empty()) {
    auto visiting = visitor_.entries(d, open, good, on);
    co_await std::move(visiting);
  }
  for (const walk_entry& e : good) {
    if (e.type != file_type::directory) continue;
    auto below = visitor_.descend(d, e);
    if (!below) continue;
    d.unfinished_.fetch_add(1, std::memory_order_relaxed);
    with.below.push_back(std::move(below));
  }
  // Nothing is not told of: it would come to a place that others have passed.
  if (with.first != with.end) visitor_.shown(d, with.first, with.end);
  with.first = with.end;
  with.forget_calls();
  if (with.below.size() >= (crew_.size() > 1 ? many_below : many_waiting)) {
    auto going = go_below(d, with, on);
    co_await std::move(going);
  }
}

/// The newest work is done first: added backwards, subdirectories are begun in their order.
task<void> walker::go_below(walk_dir& d, buffers& with, worker& on) {
  const auto below = std::exchange(with.below, {});
  if (crew_.waiting(on) < many_waiting / crew_.size() || d.nested_ == nesting_) {
    std::vector<std::unique_ptr<work>> pieces(below.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      pieces[i] = std::make_unique<directory_work>(*this, below[below.size() - 1 - i]);
    }
    crew_.add(on, pieces);
    co_return;
  }
  for (const std::shared_ptr<walk_dir>& next : below) {
    next->nested_ = d.nested_ + 1;
    auto walking = walk_one(next, on);
    co_await std::move(walking);
  }
}

/// Something of a directory has ended: when it was the last, the directory is left, and that is
/// one thing less for the one above.
task<void> walker::finish(std::shared_ptr<walk_dir> d, worker& on) {
  while (d && d->unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    auto leaving = visitor_.leave(*d, on);
    co_await std::move(leaving);
    auto forgetting = places_.forget(d->where);
    co_await std::move(forgetting);
    d = d->parent;
  }
}

}  // namespace sluice::inline v0

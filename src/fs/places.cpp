#include "sluice/fs/places.hpp"

#include <utility>
#include <vector>

#include "core/thread_number.hpp"

namespace sluice::inline v0 {

namespace {

constexpr std::size_t enough_for_one = 64;

}  // namespace

std::string place::path() const {
  std::vector<const place*> chain;
  for (const place* p = this; p != nullptr; p = p->parent_) chain.push_back(p);
  std::string whole;
  for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
    if (!whole.empty() && whole.back() != '/') whole += '/';
    whole += (*at)->name_;
  }
  return whole;
}

std::string place::path_of(path_ref name) const {
  std::string whole = path();
  if (name.empty()) return whole;
  if (!whole.empty() && whole.back() != '/') whole += '/';
  return whole.append(name.c_str(), name.size());
}

place::~place() {
  open_places* const keeper = kept_by_.load(std::memory_order_acquire);
  if (keeper != nullptr) keeper->drop(*this);
}

unsigned place::number_here() noexcept { return this_thread_number(); }

/// Where few may be open, they are open for whoever needs them.
open_places::open_places(std::size_t limit, unsigned shelves)
    : shelves_(limit / shelves < enough_for_one ? 1 : shelves) {
  for (shelf& s : shelves_) s.limit = limit / shelves_.size();
}

open_places::~open_places() {
  for (shelf& s : shelves_) {
    while (s.newest != nullptr) drop(*s.newest);
  }
}

/// Without the lock, which workers would hand to and fro: whoever comes again finds it open.
bool open_places::pin_open(place& p) noexcept {
  unsigned users = p.users_.load(std::memory_order_relaxed);
  while (users != place::closed) {
    if (p.users_.compare_exchange_weak(users, users + 1, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
      if (!p.used_.load(std::memory_order_relaxed)) p.used_.store(true, std::memory_order_relaxed);
      return true;
    }
  }
  return false;
}

/// Under the mutex: the place is open and nobody uses it. Whose it is may end it without the mutex as
/// soon as nobody keeps it: that is told last.
dir open_places::shelf::take_handle(place& p) noexcept {
  p.users_.store(place::closed, std::memory_order_relaxed);
  unlink(p);
  open.fetch_sub(1, std::memory_order_relaxed);
  dir taken = std::exchange(p.handle_, dir());
  p.kept_by_.store(nullptr, std::memory_order_release);
  return taken;
}

/// Under the mutex. Empty if it is closed, or somebody uses it.
dir open_places::shelf::take_unused(place& p) noexcept {
  unsigned users = place::unused;
  const bool mine = p.users_.compare_exchange_strong(users, place::closed, std::memory_order_acquire);
  return mine ? take_handle(p) : dir();
}

/// Under the mutex. Empty if all are in use. One that was used since the last look has its turn later.
dir open_places::shelf::take_oldest() noexcept {
  for (std::size_t looks = 2 * open.load(std::memory_order_relaxed); looks > 0; --looks) {
    place& p = *oldest;
    if (!p.used_.exchange(false, std::memory_order_relaxed)) {
      if (dir taken = take_unused(p)) return taken;
    }
    unlink(p);
    link_newest(p);
  }
  return {};
}

void open_places::drop(place& p) noexcept {
  dir released;
  shelf& on = shelf_of(p);
  const std::lock_guard lock(on.mutex);
  if (p.handle_) released = on.take_handle(p);
}

void open_places::shelf::link_newest(place& p) noexcept {
  p.older_ = newest;
  p.newer_ = nullptr;
  (newest != nullptr ? newest->newer_ : oldest) = &p;
  newest = &p;
}

void open_places::shelf::unlink(place& p) noexcept {
  (p.newer_ != nullptr ? p.newer_->older_ : newest) = p.older_;
  (p.older_ != nullptr ? p.older_->newer_ : oldest) = p.newer_;
  p.newer_ = p.older_ = nullptr;
}

bool open_places::shelf::full() const noexcept {
  return open.load(std::memory_order_relaxed) >= limit.load(std::memory_order_relaxed);
}

task<void> open_places::make_room(shelf& on) {
  while (on.full()) {
    dir closing;
    {
      const std::lock_guard lock(on.mutex);
      closing = on.take_oldest();
    }
    if (!closing) co_return;
    auto closed = co_await closing.close();
    static_cast<void>(closed);  // a directory read from has nothing to lose
  }
}

/// Somebody else uses descriptors, too: get by with fewer. False when none can be closed.
bool open_places::shelf::fewer() noexcept {
  const std::lock_guard lock(mutex);
  for (const place* p = oldest; p != nullptr; p = p->newer_) {
    if (p->users_.load(std::memory_order_relaxed) != place::unused) continue;
    limit.store(open.load(std::memory_order_relaxed), std::memory_order_relaxed);
    return true;
  }
  return false;
}

/// Of which there is something to close; the wanted one's own first. Null: of none.
open_places::shelf* open_places::any_with_fewer(const place& wanted) noexcept {
  for (std::size_t i = 0; i < shelves_.size(); ++i) {
    shelf& s = shelves_[(wanted.shelf_ + i) % shelves_.size()];
    if (s.fewer()) return &s;
  }
  return nullptr;
}

task<result<dir*>> open_places::pin(place& p) {
  for (;;) {
    if (pin_open(p)) co_return &p.handle_;
    // By its name in an open directory, and for the first time.
    bool surely = !p.seen_.load(std::memory_order_relaxed);
    if (shelf_of(p).full()) {
      auto room = make_room(shelf_of(p));
      co_await std::move(room);
    }
    result<dir> opened = std::unexpected(error(errc::not_found));
    if (p.parent_ != nullptr && pin_open(*p.parent_)) {
      opened = co_await p.parent_->handle_.open_dir(p.name_, p.how_);
      unpin(*p.parent_);
    } else {
      auto opening = open_from_ancestor(p, surely);
      opened = co_await std::move(opening);
    }
    if (!opened && opened.error() == errc::too_many_files) {
      shelf* const crowded = any_with_fewer(p);
      if (crowded != nullptr) {
        auto room = make_room(*crowded);
        co_await std::move(room);
        continue;
      }
    }
    if (!opened) co_return std::unexpected(opened.error());
    if (!surely && p.inode_ != 0) {
      auto found = co_await opened->stat(path_ref(), stat_mask::inode);
      if (!found) co_return std::unexpected(found.error());
      if (p.inode_ != found->inode || p.device_ != found->device) {
        co_return std::unexpected(error(errc::not_found));
      }
    }
    if (keep(p, *opened)) co_return &p.handle_;
  }
}

/// Pinned once. False: another worker was quicker, and this handle is released.
bool open_places::keep(place& p, dir& opened) noexcept {
  shelf& on = shelf_of(p);
  const std::lock_guard lock(on.mutex);
  if (p.handle_) return false;
  p.seen_.store(true, std::memory_order_relaxed);
  p.handle_ = std::move(opened);
  p.kept_by_.store(this, std::memory_order_relaxed);
  on.link_newest(p);
  on.open.fetch_add(1, std::memory_order_relaxed);
  p.users_.store(place::unused + 1, std::memory_order_release);
  return true;
}

/// Opens along the names from the nearest ancestor that is open. No link is followed on the way:
/// what was a directory when it was first seen has to be one now.
task<result<dir>> open_places::open_from_ancestor(place& p, bool& surely) {
  std::vector<place*> below{&p};
  const dir* from = nullptr;
  place* pinned = nullptr;
  for (place* at = p.parent_; at != nullptr && pinned == nullptr; at = at->parent_) {
    if (pin_open(*at)) {
      pinned = at;
      from = &at->handle_;
    } else {
      below.push_back(at);
    }
  }
  if (from == nullptr) from = below.back()->base_;
  surely &= below.size() == 1;

  constexpr std::size_t path_limit = 4000;  // under the system's 4096
  result<dir> reached = std::unexpected(error(errc::not_found));
  dir step;
  while (!below.empty()) {
    const bool root = below.back()->base_ != nullptr;
    open_mode how = below.back()->how_;
    std::string path = below.back()->name_;
    below.pop_back();
    const auto plain = [](open_mode mode) { return any(mode & open_mode::no_follow); };
    while (!root && plain(how) && !below.empty() && plain(below.back()->how_) &&
           path.size() + below.back()->name_.size() < path_limit) {
      path += '/';
      path += below.back()->name_;
      how = below.back()->how_ | open_mode::no_symlinks;
      below.pop_back();
    }
    reached = co_await from->open_dir(path, how);
    if (!reached) break;
    if (step) {
      auto closed = co_await step.close();
      static_cast<void>(closed);
    }
    if (below.empty()) break;
    step = std::move(*reached);
    from = &step;
  }
  if (pinned != nullptr) unpin(*pinned);
  co_return reached;
}

void open_places::unpin(place& p) noexcept {
  p.users_.fetch_sub(1, std::memory_order_release);
}

task<void> open_places::forget(place& p) {
  // Somebody may make a link from it, or open what lies below: its turn to be closed comes soon enough.
  if (p.users_.load(std::memory_order_relaxed) != place::unused) co_return;
  dir closing;
  {
    shelf& on = shelf_of(p);
    const std::lock_guard lock(on.mutex);
    closing = on.take_unused(p);
  }
  if (!closing) co_return;
  auto closed = co_await closing.close();
  static_cast<void>(closed);
}

}  // namespace sluice::inline v0

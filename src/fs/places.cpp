#include "sluice/fs/places.hpp"

#include <utility>
#include <vector>

namespace sluice::inline v0 {

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
  if (kept_by_ != nullptr) kept_by_->drop(*this);
}

open_places::~open_places() {
  while (newest_ != nullptr) drop(*newest_);
}

/// Under the mutex: the place is open and nobody uses it.
dir open_places::take_handle(place& p) noexcept {
  unlink(p);
  p.kept_by_ = nullptr;
  --open_;
  return std::exchange(p.handle_, dir());
}

void open_places::drop(place& p) noexcept {
  dir released;
  const std::lock_guard lock(mutex_);
  if (p.handle_) released = take_handle(p);
}

void open_places::link_newest(place& p) noexcept {
  p.older_ = newest_;
  p.newer_ = nullptr;
  (newest_ != nullptr ? newest_->newer_ : oldest_) = &p;
  newest_ = &p;
}

void open_places::unlink(place& p) noexcept {
  (p.newer_ != nullptr ? p.newer_->older_ : newest_) = p.older_;
  (p.older_ != nullptr ? p.older_->newer_ : oldest_) = p.newer_;
  p.newer_ = p.older_ = nullptr;
}

task<void> open_places::make_room() {
  for (;;) {
    dir closing;
    {
      const std::lock_guard lock(mutex_);
      if (open_ < limit_ || oldest_ == nullptr) co_return;
      closing = take_handle(*oldest_);
    }
    auto closed = co_await closing.close();
    static_cast<void>(closed);  // a directory read from has nothing to lose
  }
}

/// Somebody else uses descriptors, too: get by with fewer. False when none can be closed.
bool open_places::fewer() noexcept {
  const std::lock_guard lock(mutex_);
  if (oldest_ == nullptr) return false;
  limit_ = open_;
  return true;
}

task<result<dir*>> open_places::pin(place& p) {
  for (;;) {
    bool again = false;  // it has been open before, and has to be the same directory
    {
      const std::lock_guard lock(mutex_);
      again = p.seen_ && p.inode_ != 0;
      if (p.handle_) {
        if (p.pins_++ == 0) unlink(p);
        co_return &p.handle_;
      }
    }
    auto room = make_room();
    co_await std::move(room);
    auto opening = open_from_ancestor(p);
    auto opened = co_await std::move(opening);
    if (!opened && opened.error() == errc::too_many_files && fewer()) continue;
    if (!opened) co_return std::unexpected(opened.error());
    if (again) {
      auto found = co_await opened->stat(path_ref(), stat_mask::inode);
      if (!found) co_return std::unexpected(found.error());
      if (p.inode_ != found->inode || p.device_ != found->device) {
        co_return std::unexpected(error(errc::not_found));
      }
    }
    const std::lock_guard lock(mutex_);
    if (p.handle_) continue;  // another worker was quicker; ours is released
    p.seen_ = true;
    p.handle_ = std::move(*opened);
    p.pins_ = 1;
    p.kept_by_ = this;
    ++open_;
    co_return &p.handle_;
  }
}

/// Opens along the names from the nearest ancestor that is open. No link is followed on the way:
/// what was a directory when it was first seen has to be one now.
task<result<dir>> open_places::open_from_ancestor(place& p) {
  std::vector<place*> below{&p};
  const dir* from = nullptr;
  place* pinned = nullptr;
  {
    const std::lock_guard lock(mutex_);
    for (place* at = p.parent_; at != nullptr && pinned == nullptr; at = at->parent_) {
      if (at->handle_) {
        if (at->pins_++ == 0) unlink(*at);
        pinned = at;
        from = &at->handle_;
      } else {
        below.push_back(at);
      }
    }
  }
  if (from == nullptr) from = below.back()->base_;

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
  const std::lock_guard lock(mutex_);
  if (--p.pins_ == 0) link_newest(p);
}

task<void> open_places::forget(place& p) {
  dir closing;
  {
    const std::lock_guard lock(mutex_);
    // Somebody may make a link from it, or open what lies below: it is the oldest soon enough.
    if (!p.handle_ || p.pins_ != 0) co_return;
    closing = take_handle(p);
  }
  auto closed = co_await closing.close();
  static_cast<void>(closed);
}

}  // namespace sluice::inline v0

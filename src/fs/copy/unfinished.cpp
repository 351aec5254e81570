#include "fs/copy/unfinished.hpp"

#include <algorithm>
#include <iterator>

#include "core/thread_number.hpp"
#include "sluice/sync.hpp"

namespace sluice::inline v0 {

namespace copying {

void unfinished_file::begin(copy_stopper* stop, const dir& in, path_ref name,
                            const file& made) noexcept {
  made_ = &made;
  enlist(stop, in, name);
}

void unfinished_file::begin(copy_stopper* stop, const dir& in, path_ref name,
                            identity made) noexcept {
  made_ = nullptr;
  who_ = made;
  enlist(stop, in, name);
}

void unfinished_file::begin_over(copy_stopper* stop, const item& i) {
  if (stop == nullptr) return;
  what_ = kind::written_over;
  source_ = i.source_path();
  path_ = i.target_path();
  enlist(stop, i.to, i.target_name);
}

void unfinished_file::begin_moved(copy_stopper* stop, const item& i) {
  if (stop == nullptr) return;
  what_ = kind::moved;
  path_ = i.target_path();
  backup_ = i.backup;
  backup_path_ = i.backup_path();
  enlist(stop, i.to, i.target_name);
}

void unfinished_file::enlist(copy_stopper* stop, const dir& in, path_ref name) noexcept {
  if (stop == nullptr) return;
  in_ = &in;
  name_ = name;
  listed_ = &stop->of_this_thread();
  listed_->enter();
  next_ = listed_->first;
  if (next_ != nullptr) next_->owner_ = &next_;
  listed_->first = this;
  owner_ = &listed_->first;
  listed_->leave();
}

void unfinished_file::finished() noexcept {
  if (listed_ == nullptr) return;
  listed_->enter();
  *owner_ = next_;
  if (next_ != nullptr) next_->owner_ = owner_;
  listed_->leave();
  listed_ = nullptr;
}

/// From here on, perhaps in a signal handler: nothing is allocated.
void unfinished_file::undo(copy_remains* heard) noexcept {
  switch (what_) {
    case kind::made: return remove(heard);
    case kind::moved: return put_back(heard);
    case kind::written_over:
      if (heard != nullptr) heard->incomplete(source_, path_);
  }
}

void unfinished_file::remove(copy_remains* heard) noexcept {
  const auto there = sync(in_->stat(name_, stat_mask::inode, lookup::no_follow));
  if (!there) return;
  if (made_ != nullptr) {
    const auto ours = sync(made_->stat(stat_mask::inode));
    if (!ours) return;
    who_ = identity_of(*ours);
  }
  if (who_ != identity_of(*there)) return;
  const auto gone = sync(in_->unlink(name_));
  const bool stays = !gone && gone.error() != errc::not_found;
  if (stays && heard != nullptr) heard->incomplete({}, {name_.c_str(), name_.size()});
}

/// What was made in its place has gone already: that was begun later. What somebody else has put there
/// stays.
void unfinished_file::put_back(copy_remains* heard) noexcept {
  const auto moved = sync(in_->rename(backup_, *in_, name_, rename_mode::no_replace));
  const bool stays = !moved && moved.error() != errc::not_found;  // else it is back, or removed
  if (stays && heard != nullptr) heard->moved_away(path_, backup_path_);
}

}  // namespace copying

/// Held for a few instructions, or by who ends the process.
void copy_stopper::begun_files::enter() noexcept {
  std::thread::id nobody;
  while (!holder.compare_exchange_weak(nobody, std::this_thread::get_id(), std::memory_order_acquire)) {
    nobody = {};
    std::this_thread::yield();
  }
}

copy_stopper::begun_files& copy_stopper::of_this_thread() noexcept {
  return begun_[this_thread_number() % std::size(begun_)];
}

bool copy_stopper::remove_unfinished(copy_remains* heard) noexcept {
  request();
  const auto held_here = [](const begun_files& some) {
    return some.holder.load(std::memory_order_relaxed) == std::this_thread::get_id();
  };
  if (std::ranges::any_of(begun_, held_here)) return false;
  for (begun_files& some : begun_) {
    some.enter();
    for (copying::unfinished_file* f = some.first; f != nullptr; f = f->next_) f->undo(heard);
    some.leave();
  }
  return true;
}

}  // namespace sluice::inline v0

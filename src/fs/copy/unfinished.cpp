#include "fs/copy/unfinished.hpp"

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

void unfinished_file::enlist(copy_stopper* stop, const dir& in, path_ref name) noexcept {
  if (stop == nullptr) return;
  in_ = &in;
  name_ = name;
  listed_ = stop;
  stop->enter();
  next_ = stop->first_;
  if (next_ != nullptr) next_->owner_ = &next_;
  stop->first_ = this;
  owner_ = &stop->first_;
  stop->leave();
}

void unfinished_file::finished() noexcept {
  if (listed_ == nullptr) return;
  listed_->enter();
  *owner_ = next_;
  if (next_ != nullptr) next_->owner_ = owner_;
  listed_->leave();
  listed_ = nullptr;
}

}  // namespace copying

/// Held for a few instructions, or by who ends the process.
void copy_stopper::enter() noexcept {
  std::thread::id nobody;
  while (!holder_.compare_exchange_weak(nobody, std::this_thread::get_id(), std::memory_order_acquire)) {
    nobody = {};
    std::this_thread::yield();
  }
}

bool copy_stopper::remove_unfinished() noexcept {
  request();
  if (holder_.load(std::memory_order_relaxed) == std::this_thread::get_id()) return false;
  enter();
  for (copying::unfinished_file* f = first_; f != nullptr; f = f->next_) {
    const auto there = sync(f->in_->stat(f->name_, stat_mask::inode, lookup::no_follow));
    if (!there) continue;
    if (f->made_ != nullptr) {
      const auto ours = sync(f->made_->stat(stat_mask::inode));
      if (!ours) continue;
      f->who_ = copying::identity_of(*ours);
    }
    if (f->who_ != copying::identity_of(*there)) continue;
    const auto gone = sync(f->in_->unlink(f->name_));
    static_cast<void>(gone);  // the process is about to end: nobody to tell
  }
  leave();
  return true;
}

}  // namespace sluice::inline v0

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
  const std::lock_guard lock(stop->mutex_);
  next_ = stop->first_;
  if (next_ != nullptr) next_->owner_ = &next_;
  stop->first_ = this;
  owner_ = &stop->first_;
}

void unfinished_file::finished() noexcept {
  if (listed_ == nullptr) return;
  const std::lock_guard lock(listed_->mutex_);
  *owner_ = next_;
  if (next_ != nullptr) next_->owner_ = owner_;
  listed_ = nullptr;
}

}  // namespace copying

void copy_stopper::remove_unfinished() noexcept {
  request();
  const std::lock_guard lock(mutex_);
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
}

}  // namespace sluice::inline v0

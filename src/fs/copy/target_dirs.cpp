#include "fs/copy/target_dirs.hpp"

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

void target_dirs::note(const place& above, const std::string& name, const place& is) {
  if (!above.expected() || !is.expected()) return;
  const std::lock_guard lock(noting_);
  noted_.try_emplace({identity_of(above), name}, identity_of(is));
}

void target_dirs::recognise(const place& above, const std::string& name, place& is) {
  const std::lock_guard lock(noting_);
  const auto noted = noted_.find({identity_of(above), name});
  if (noted != noted_.end()) is.insist(noted->second.device, noted->second.inode);
}

task<result<dir*>> pin_for_good(open_places& places, place& p) {
  auto pinning = places.pin(p);
  auto pinned = co_await std::move(pinning);
  if (!pinned || p.expected()) co_return pinned;
  const path_ref itself;
  auto is = co_await (*pinned)->stat(itself, stat_mask::inode);
  if (is) {
    p.insist(is->device, is->inode);
    co_return pinned;
  }
  places.unpin(p);
  co_return std::unexpected(is.error());
}

task<void> hold(context& c, held_name& h, bool again) {
  h.in = &c.target_base;
  if (h.above == nullptr) co_return;
  auto pinning = again ? pin_for_good(*c.places, *h.above) : c.places->pin(*h.above);
  auto pinned = co_await std::move(pinning);
  h.pinned = pinned.has_value();
  if (!pinned) h.unreachable = std::make_unique<unreachable_dir>(pinned.error());
  h.in = pinned ? *pinned : &h.unreachable->get();
}

void let_go(context& c, held_name& h) noexcept {
  if (h.pinned) c.places->unpin(*h.above);
  h.pinned = false;
}

}  // namespace sluice::inline v0::copying

#include "fs/copy/target_dirs.hpp"

namespace sluice::inline v0::copying {

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

}  // namespace sluice::inline v0::copying

#include <cerrno>

#include "space/memory/rows.hpp"
#include "space/memory/walk.hpp"

namespace sluice::inline v0::memory {

namespace {

/// The node is `below`, or one of the directories above it.
bool encloses(const node& n, const node* below) noexcept {
  while (below != &n && below->parent != below) below = below->parent;
  return below == &n;
}

/// Both names exist, or the new one is free: whether the one may take the other's place.
std::int64_t may_replace(const destination& from, const destination& to, bool swaps) noexcept {
  const bool directory = from.found->is_directory();
  if (swaps && !to.found->is_directory() && to.must_be_directory) return -ENOTDIR;
  if (!directory && (from.must_be_directory || (!swaps && to.must_be_directory))) return -ENOTDIR;
  if (directory && encloses(*from.found, to.parent)) return -EINVAL;
  if (to.found != nullptr && to.found->is_directory() && encloses(*to.found, from.parent)) {
    return swaps ? -EINVAL : -ENOTEMPTY;
  }
  if (to.found == from.found) return 0;
  if (to.found == nullptr || swaps) return 0;
  if (directory && !to.found->is_directory()) return -ENOTDIR;
  if (!directory && to.found->is_directory()) return -EISDIR;
  return to.found->names.empty() ? 0 : -ENOTEMPTY;
}

}  // namespace

std::int64_t perform(store& nodes, ops::rename& op) {
  constexpr auto keep_or_swap = 3u;
  if (static_cast<unsigned>(op.mode) >= keep_or_swap) return -EINVAL;
  const bool keeps = op.mode == rename_mode::no_replace;
  const bool swaps = op.mode == rename_mode::exchange;
  const destination from = walk(nodes, op.id, op.path);
  if (from.error != 0) return -from.error;
  const destination to = walk(nodes, op.target_id, op.target_path);
  if (to.error != 0) return -to.error;
  if (from.name.empty()) return -EBUSY;
  if (to.name.empty()) return keeps ? -EEXIST : -EBUSY;
  if (from.found == nullptr) return -from.missing;
  const bool may_appear = !swaps && to.missing == ENOENT && to.parent->links > 0;
  if (to.found == nullptr && !may_appear) return -to.missing;
  if (keeps && to.found != nullptr) return -EEXIST;
  if (const std::int64_t refused = may_replace(from, to, swaps)) return refused;
  if (from.found == to.found) return 0;  // names of the same file: nothing to do
  if (swaps) {
    nodes.exchange(*from.parent, from.name, *to.parent, to.name);
  } else {
    nodes.rename(*from.parent, from.name, *to.parent, to.name);
  }
  return 0;
}

}  // namespace sluice::inline v0::memory

#include <algorithm>
#include <cerrno>

#include "space/memory/rows.hpp"
#include "space/memory/walk.hpp"

namespace sluice::inline v0::memory {

std::int64_t perform(store& nodes, ops::link& op) {
  node* n = nullptr;
  if (const std::int64_t refused = look_up(nodes, op.id, op.path, op.how, n)) return refused;
  const destination d = walk_to_new(nodes, op.target_id, op.target_path);
  if (d.error != 0) return -d.error;
  if (n->is_directory()) return -EPERM;
  if (n->links == 0 && !n->linkable) return -ENOENT;  // what is gone does not come back
  nodes.link(*d.parent, d.name, *n);
  return 0;
}

std::int64_t perform(store& nodes, ops::symlink& op) {
  if (op.text.empty()) return -ENOENT;
  if (op.text.size() > path_max) return -ENAMETOOLONG;
  const destination d = walk_to_new(nodes, op.id, op.path);
  if (d.error != 0) return -d.error;
  auto fresh = nodes.make(*d.parent, file_type::symlink, 0777);
  fresh->text.assign(op.text.c_str(), op.text.size());
  nodes.add(*d.parent, d.name, std::move(fresh));
  return 0;
}

std::int64_t perform(store& nodes, ops::readlink& op) {
  if (op.buffer.empty()) return -EINVAL;
  node* n = nullptr;
  if (const std::int64_t refused = look_up(nodes, op.id, op.path, lookup::no_follow, n)) {
    return refused;
  }
  if (!n->is_symlink()) return op.path.empty() ? -ENOENT : -EINVAL;
  nodes.touch(*n);
  return static_cast<std::int64_t>(n->text.copy(op.buffer.data(), op.buffer.size()));
}

std::int64_t perform(store& nodes, ops::mknod& op) {
  switch (op.type) {
    case file_type::fifo:
    case file_type::socket:
    case file_type::regular:
    case file_type::character:
    case file_type::block: break;
    default: return -EINVAL;
  }
  const destination d = walk_to_new(nodes, op.id, op.path);
  if (d.error != 0) return -d.error;
  node& made = nodes.create(*d.parent, d.name, op.type, op.permissions);
  const bool device = op.type == file_type::character || op.type == file_type::block;
  if (device) made.special = op.device;
  return 0;
}

}  // namespace sluice::inline v0::memory

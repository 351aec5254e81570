#include <algorithm>
#include <cerrno>

#include "space/memory/rows.hpp"
#include "space/memory/walk.hpp"

namespace sluice::inline v0::memory {

namespace {

/// tmpfs's number, since the meanings are its.
constexpr std::uint64_t magic = 0x01021994;

void change(timestamp& t, time_change to, timestamp now) noexcept {
  switch (to.what) {
    case time_change::kind::leave: return;
    case time_change::kind::now: t = now; return;
    case time_change::kind::at: t = to.when; return;
  }
}

/// What a file may do belongs to its owner. Without the group's right to execute, the set-group bit
/// is the mark of mandatory locking, and stays.
void lose_privileges(node& n) noexcept {
  constexpr std::uint16_t set_user = 04000, set_group = 02000, group_executes = 010;
  n.mode &= static_cast<std::uint16_t>(~set_user);
  if ((n.mode & group_executes) != 0) n.mode &= static_cast<std::uint16_t>(~set_group);
  store::lose_capabilities(n);
}

bool valid(time_change c) noexcept {
  return c.what != time_change::kind::at || c.when.nanoseconds < 1'000'000'000;
}

}  // namespace

std::int64_t perform(store& nodes, ops::stat& op) {
  node* n = nullptr;
  if (const std::int64_t refused = look_up(nodes, op.id, op.path, op.how, n)) return refused;
  file_status& s = op.value;
  s.have = stat_mask::basic | stat_mask::born;
  s.type = n->type;
  s.mode = n->mode;
  s.links = n->links;
  s.owner = n->owner;
  s.group = n->group;
  s.inode = n->inode;
  s.size = n->size();
  s.allocated = n->data.allocated();
  s.block_size = content::block_size;
  s.device = nodes.device();
  s.special_device = n->special;
  s.accessed = n->accessed;
  s.modified = n->modified;
  s.changed = n->changed;
  s.born = n->born;
  return 0;
}

std::int64_t perform(store& nodes, ops::set_mode& op) {
  node* n = nullptr;
  if (const std::int64_t refused = look_up_open(nodes, op.id, op.path, op.how, n)) return refused;
  if (n->is_symlink()) return -EOPNOTSUPP;
  n->mode = op.mode & 07777;
  n->changed = nodes.now();
  return 0;
}

std::int64_t perform(store& nodes, ops::set_owner& op) {
  node* n = nullptr;
  if (const std::int64_t refused = look_up(nodes, op.id, op.path, op.how, n)) return refused;
  if (op.owner != keep_id) n->owner = op.owner;
  if (op.group != keep_id) n->group = op.group;
  if (!n->is_directory()) lose_privileges(*n);
  n->changed = nodes.now();
  return 0;
}

std::int64_t perform(store& nodes, ops::set_times& op) {
  constexpr auto leave = time_change::kind::leave;
  if (op.accessed.what == leave && op.modified.what == leave) return 0;  // and nothing is looked up
  if (!valid(op.accessed) || !valid(op.modified)) return -EINVAL;
  node* n = nullptr;
  if (const std::int64_t refused = look_up_open(nodes, op.id, op.path, op.how, n)) return refused;
  const timestamp now = nodes.now();
  change(n->accessed, op.accessed, now);
  change(n->modified, op.modified, now);
  n->changed = now;
  return 0;
}

std::int64_t perform(store& nodes, ops::stat_fs& op) {
  if (nodes.find(op.id) == nullptr) return -EBADF;
  const byte_budget& b = nodes.budget();
  constexpr std::uint64_t most = INT64_MAX;
  fs_status& s = op.value;
  s.type = magic;
  s.block_size = content::block_size;
  s.blocks = std::min(b.limit, most) / content::block_size;
  s.blocks_free = s.blocks_available = s.blocks - b.used / content::block_size;
  s.files = s.files_free = most;
  s.name_max = name_max;
  return 0;
}

}  // namespace sluice::inline v0::memory

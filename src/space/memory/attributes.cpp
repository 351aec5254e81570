#include <cerrno>

#include "space/memory/rows.hpp"
#include "space/memory/walk.hpp"

namespace sluice::inline v0::memory {

namespace {

/// No device of a system has this number (major 4095).
constexpr std::uint64_t device = 0xfff00;

void change(timestamp& t, time_change to, timestamp now) noexcept {
  switch (to.what) {
    case time_change::kind::leave: return;
    case time_change::kind::now: t = now; return;
    case time_change::kind::at: t = to.when; return;
  }
}

bool valid(time_change c) noexcept {
  return c.what != time_change::kind::at || c.when.nanoseconds < 1'000'000'000;
}

}  // namespace

std::int64_t perform(store& nodes, ops::stat& op) {
  node* n = nullptr;
  if (const std::int64_t refused = look_up(nodes, op.id, op.path, n)) return refused;
  file_status& s = op.value;
  s.have = stat_mask::basic | stat_mask::born;
  s.type = n->type;
  s.mode = n->mode;
  s.links = n->links;
  s.owner = n->owner;
  s.group = n->group;
  s.inode = n->inode;
  s.size = n->data.size();
  s.allocated = n->data.allocated();
  s.block_size = content::block_size;
  s.device = device;
  s.accessed = n->accessed;
  s.modified = n->modified;
  s.changed = n->changed;
  s.born = n->born;
  return 0;
}

std::int64_t perform(store& nodes, ops::set_mode& op) {
  node* n = nullptr;
  if (const std::int64_t refused = look_up(nodes, op.id, op.path, n)) return refused;
  n->mode = op.mode & 07777;
  n->changed = nodes.now();
  return 0;
}

std::int64_t perform(store& nodes, ops::set_owner& op) {
  node* n = nullptr;
  if (const std::int64_t refused = look_up(nodes, op.id, op.path, n)) return refused;
  if (op.owner != keep_id) n->owner = op.owner;
  if (op.group != keep_id) n->group = op.group;
  n->changed = nodes.now();
  return 0;
}

std::int64_t perform(store& nodes, ops::set_times& op) {
  if (!valid(op.accessed) || !valid(op.modified)) return -EINVAL;
  node* n = nullptr;
  if (const std::int64_t refused = look_up(nodes, op.id, op.path, n)) return refused;
  const timestamp now = nodes.now();
  change(n->accessed, op.accessed, now);
  change(n->modified, op.modified, now);
  n->changed = now;
  return 0;
}

}  // namespace sluice::inline v0::memory

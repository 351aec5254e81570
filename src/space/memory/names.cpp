#include <cerrno>

#include "space/memory/rows.hpp"
#include "space/memory/walk.hpp"

namespace sluice::inline v0::memory {

namespace {

bool has(open_mode all, open_mode one) noexcept { return any(all & one); }

confinement confined(open_mode m) noexcept {
  if (has(m, open_mode::beneath)) return confinement::beneath;
  return has(m, open_mode::in_root) ? confinement::in_root : confinement::none;
}

/// Whether what is there may be opened like this.
std::int64_t may_open(const node& n, const destination& d, open_mode m) noexcept {
  if (has(m, open_mode::create) && has(m, open_mode::exclusive)) return -EEXIST;
  if (!n.is_directory()) {
    return d.must_be_directory || has(m, open_mode::directory) ? -ENOTDIR : 0;
  }
  const auto for_files = open_mode::write | open_mode::create | open_mode::truncate;
  return has(m, for_files) ? -EISDIR : 0;
}

/// A directory that was removed takes no new names.
std::int64_t may_create(const destination& d) noexcept { return d.parent->links == 0 ? -ENOENT : 0; }

std::size_t put(std::span<std::byte> room, std::uint64_t cookie, const node& n,
                path_ref name) noexcept {
  return dir_entry::write(room, n.inode, cookie, n.type, name);
}

}  // namespace

std::int64_t perform(store& nodes, ops::open& op) {
  const open_mode m = op.mode;
  if (has(m, open_mode::temporary)) return -EOPNOTSUPP;
  if (has(m, open_mode::create) && has(m, open_mode::directory)) return -EINVAL;
  const destination d = walk(nodes, op.id, op.path, confined(m));
  if (d.error != 0) return -d.error;
  node* n = d.found;
  if (n != nullptr) {
    if (const std::int64_t refused = may_open(*n, d, m)) return refused;
  } else {
    if (!has(m, open_mode::create)) return -ENOENT;
    if (d.must_be_directory) return -EISDIR;
    if (const std::int64_t refused = may_create(d)) return refused;
    n = &nodes.create(*d.parent, d.name, file_type::regular, op.permissions);
  }
  const bool writes = has(m, open_mode::write);
  const bool reads = has(m, open_mode::read) || !writes;
  const bool location = has(m, open_mode::location);
  const handle_id id =
      nodes.open(*n, reads && !location, writes && !location, has(m, open_mode::append));
  if (d.found != nullptr && has(m, open_mode::truncate) && !location) {
    n->data.resize(0);
    n->modified = n->changed = nodes.now();
  }
  return static_cast<std::int64_t>(id);
}

std::int64_t perform(store& nodes, ops::mkdir& op) {
  const destination d = walk(nodes, op.id, op.path);
  if (d.error != 0) return -d.error;
  if (d.found != nullptr) return -EEXIST;
  if (const std::int64_t refused = may_create(d)) return refused;
  nodes.create(*d.parent, d.name, file_type::directory, op.permissions);
  return 0;
}

std::int64_t perform(store& nodes, ops::unlink& op) {
  const destination d = walk(nodes, op.id, op.path);
  if (d.error != 0) return -d.error;
  if (d.found == nullptr) return -ENOENT;
  if (!op.directory) {
    if (d.found->is_directory()) return -EISDIR;
    if (d.must_be_directory) return -ENOTDIR;
  } else {
    if (!d.found->is_directory()) return -ENOTDIR;
    if (d.last == ".") return -EINVAL;
    if (d.last == "..") return -ENOTEMPTY;
    if (d.name.empty()) return -EBUSY;  // the root
    if (!d.found->names.empty()) return -ENOTEMPTY;
  }
  nodes.remove(*d.parent, d.name);
  return 0;
}

std::int64_t perform(store& nodes, ops::entries& op) {
  open_node* o = nodes.find(op.id);
  if (o == nullptr || !o->reads) return -EBADF;
  node& n = *o->of;
  if (!n.is_directory()) return -ENOTDIR;
  if (n.links == 0) return -ENOENT;
  std::size_t used = 0;
  const auto add = [&](std::uint64_t cookie, const node& of, path_ref name) noexcept {
    const std::size_t size = put(op.buffer.subspan(used), cookie, of, name);
    if (size == 0) return false;
    used += size;
    op.cookie = cookie;
    return true;
  };
  // Never two answers of 0 bytes: the end is one, too little room is an error.
  const auto cut_short = [&] { return used > 0 ? static_cast<std::int64_t>(used) : -EINVAL; };
  if (op.cookie < 1 && !add(1, n, ".")) return cut_short();
  if (op.cookie < 2 && !add(2, *n.parent, "..")) return cut_short();
  const directory::listing& all = n.names.entries();
  for (auto at = all.upper_bound(op.cookie); at != all.end(); ++at) {
    if (!add(at->first, *at->second.of, at->second.name)) return cut_short();
  }
  return static_cast<std::int64_t>(used);
}

}  // namespace sluice::inline v0::memory

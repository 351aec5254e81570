#include <cerrno>

#include "space/memory/rows.hpp"
#include "space/memory/walk.hpp"

namespace sluice::inline v0::memory {

namespace {

std::size_t put(std::span<std::byte> room, std::uint64_t cookie, const node& n,
                path_ref name) noexcept {
  return dir_entry::write(room, n.inode, cookie, n.type, name);
}

}  // namespace

destination walk_to_new(store& nodes, handle_id from, path_ref path, bool directory) noexcept {
  destination d = walk(nodes, from, path);
  if (d.error != 0) return d;
  if (d.found != nullptr) {
    d.error = EEXIST;
  } else if (d.missing != ENOENT || d.parent->links == 0 || (d.must_be_directory && !directory)) {
    d.error = d.missing;
  }
  return d;
}

std::int64_t perform(store& nodes, ops::mkdir& op) {
  const destination d = walk_to_new(nodes, op.id, op.path, true);
  if (d.error != 0) return -d.error;
  nodes.create(*d.parent, d.name, file_type::directory, op.permissions & 01777);
  return 0;
}

std::int64_t perform(store& nodes, ops::unlink& op) {
  const destination d = walk(nodes, op.id, op.path);
  if (d.error != 0) return -d.error;
  if (d.found == nullptr) return -d.missing;
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
  if (!o->keeps_times) nodes.touch(n);
  if (op.cookie < 1 && !add(1, n, ".")) return cut_short();
  if (op.cookie < 2 && !add(2, *n.parent, "..")) return cut_short();
  const directory::listing& all = n.names.entries();
  for (auto at = all.upper_bound(op.cookie); at != all.end(); ++at) {
    if (!add(at->first, *at->second.of, at->second.name)) return cut_short();
  }
  return static_cast<std::int64_t>(used);
}

}  // namespace sluice::inline v0::memory

#include <cerrno>

#include "space/memory/rows.hpp"
#include "space/memory/walk.hpp"

namespace sluice::inline v0::memory {

namespace {

bool has(open_mode all, open_mode one) noexcept { return any(all & one); }

walk_rules rules_for(open_mode m) noexcept {
  walk_rules r;
  const bool wants_new = has(m, open_mode::create) && has(m, open_mode::exclusive);
  const bool stops = wants_new || has(m, open_mode::no_follow);
  r.at_end = stops ? last_link::through_slash : last_link::follow;
  if (has(m, open_mode::beneath)) r.within = confinement::beneath;
  if (has(m, open_mode::in_root)) r.within = confinement::in_root;
  r.no_symlinks = has(m, open_mode::no_symlinks);
  r.makes_file = has(m, open_mode::create);
  return r;
}

bool may_write(open_mode m) noexcept { return has(m, open_mode::write | open_mode::truncate); }

/// A FIFO's ends are there for each other, and nothing goes through. Nobody waits here.
std::int64_t may_open_fifo(const store& nodes, const node& n, open_mode m) noexcept {
  const bool writes = has(m, open_mode::write);
  const bool reads = has(m, open_mode::read) || !writes;
  if (reads && writes) return 0;
  const bool has_peer = nodes.anyone(n, reads ? &open_node::writes : &open_node::reads);
  if (has_peer) return 0;
  if (has(m, open_mode::wait_for_peer)) return -EOPNOTSUPP;
  return writes ? -ENXIO : 0;
}

/// Whether what is there may be opened like this.
std::int64_t may_open(const store& nodes, const destination& d, open_mode m) noexcept {
  const node& n = *d.found;
  if (has(m, open_mode::create) && has(m, open_mode::exclusive)) return -EEXIST;
  if (has(m, open_mode::create) && n.is_directory()) return -EISDIR;
  const bool wants_directory = d.must_be_directory || has(m, open_mode::directory);
  if (wants_directory && !n.is_directory()) return -ENOTDIR;
  if (has(m, open_mode::location)) return 0;
  switch (n.type) {
    case file_type::symlink: return -ELOOP;
    case file_type::directory: return may_write(m) ? -EISDIR : 0;
    case file_type::fifo: return may_open_fifo(nodes, n, m);
    case file_type::regular: return 0;
    default: return -ENXIO;  // no driver, and nobody who listens
  }
}

handle_id open_as(store& nodes, node& n, open_mode m) {
  const bool location = has(m, open_mode::location);
  const bool writes = has(m, open_mode::write);
  const bool reads = has(m, open_mode::read) || !writes;
  const handle_id id =
      nodes.open(n, reads && !location, writes && !location, has(m, open_mode::append));
  nodes.find(id)->keeps_times = has(m, open_mode::no_access_time);
  return id;
}

std::int64_t open_nameless(store& nodes, const ops::open& op, const walk_rules& rules) {
  const open_mode m = op.mode;
  if (has(m, open_mode::create) || !has(m, open_mode::write)) return -EINVAL;
  const destination d = walk(nodes, op.id, op.path, rules);
  if (d.error != 0) return -d.error;
  if (d.found == nullptr) return -d.missing;
  if (!d.found->is_directory()) return -ENOTDIR;
  nodes.expect_open();
  auto fresh = nodes.make(*d.found, file_type::regular, op.permissions);
  fresh->linkable = !has(m, open_mode::exclusive);
  return static_cast<std::int64_t>(open_as(nodes, *fresh.release(), m));
}

/// A location is nothing else.
open_mode sensible(open_mode m) noexcept {
  if (!has(m, open_mode::location)) return m;
  return m & (open_mode::location | open_mode::directory | open_mode::no_follow |
              open_mode::beneath | open_mode::in_root | open_mode::no_symlinks);
}

}  // namespace

std::int64_t perform(store& nodes, ops::open& op) {
  const open_mode m = sensible(op.mode);
  if (has(m, open_mode::create) && has(m, open_mode::directory)) return -EINVAL;
  if (has(m, open_mode::beneath) && has(m, open_mode::in_root)) return -EINVAL;
  const walk_rules rules = rules_for(m);
  if (has(m, open_mode::temporary)) return open_nameless(nodes, op, rules);
  const destination d = walk(nodes, op.id, op.path, rules);
  if (d.error != 0) return -d.error;
  if (d.found == nullptr) {
    const bool may_create = has(m, open_mode::create) && d.parent->links > 0;
    if (!may_create || d.missing != ENOENT) return -d.missing;
  }
  if (d.found != nullptr) {
    if (const std::int64_t refused = may_open(nodes, d, m)) return refused;
  }
  nodes.expect_open();  // what is made must not stay behind without a handle
  const bool made = d.found == nullptr;
  node& n = made ? nodes.create(*d.parent, d.name, file_type::regular, op.permissions) : *d.found;
  const handle_id id = open_as(nodes, n, m);
  if (!made && n.is_regular() && has(m, open_mode::truncate)) {
    n.data.resize(0);
    nodes.modified(n);
  }
  return static_cast<std::int64_t>(id);
}

}  // namespace sluice::inline v0::memory

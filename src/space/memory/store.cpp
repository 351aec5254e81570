#include "space/memory/store.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace sluice::inline v0::memory {

namespace {

/// Major number 4095, which no device of a system has, and the next minor number.
std::uint64_t next_device() noexcept {
  static std::atomic<std::uint32_t> minors = 0;
  const std::uint64_t minor = minors.fetch_add(1, std::memory_order_relaxed) & 0xfffff;
  return (minor & 0xff) | 0xfff00 | (minor & 0xfff00) << 12;
}

}  // namespace

store::store(memory_space::clock tell_time, std::uint64_t byte_limit)
    : clock_(tell_time), device_(next_device()), budget_{byte_limit, 0}, root_(new node) {
  root_->type = file_type::directory;
  root_->mode = 0755;
  root_->links = 2;
  root_->inode = next_inode_++;
  root_->parent = root_;
  root_->accessed = root_->modified = root_->changed = root_->born = now();
}

/// Handles may have been left open: nodes without a name are found through them.
store::~store() {
  for (open_node& left : open_) {
    if (node* n = std::exchange(left.of, nullptr)) {
      --n->holders;
      drop(n);
    }
  }
  // Depth first, without recursion: a tree may be deeper than the stack.
  for (node* at = root_; at != nullptr;) {
    if (!at->names.empty()) {
      const directory::entry& first = at->names.entries().begin()->second;
      if (first.of->is_directory() && !first.of->names.empty()) {
        at = first.of;
      } else {
        remove(*at, first.name);
      }
    } else {
      at = at == root_ ? nullptr : at->parent;
    }
  }
  delete root_;
}

std::unique_ptr<node> store::make(const node& parent, file_type type, std::uint16_t mode) {
  constexpr std::uint16_t set_group = 02000;
  auto fresh = std::make_unique<node>();
  fresh->type = type;
  fresh->mode = mode & 07777;
  if ((parent.mode & set_group) != 0) {
    fresh->group = parent.group;
    if (type == file_type::directory) fresh->mode |= set_group;
  }
  fresh->inode = next_inode_++;
  fresh->accessed = fresh->modified = fresh->changed = fresh->born = now();
  fresh->data.draw_from(budget_);
  return fresh;
}

node& store::add(node& parent, std::string_view name, std::unique_ptr<node> fresh) {
  parent.names.add(name, *fresh);
  fresh->links = 1;
  if (fresh->is_directory()) {
    fresh->links = 2;
    fresh->parent = &parent;
    ++parent.holders;
    ++parent.links;
  }
  parent.modified = parent.changed = fresh->born;
  return *fresh.release();
}

void store::link(node& parent, std::string_view name, node& n) {
  parent.names.add(name, n);
  ++n.links;
  n.linkable = false;
  n.changed = parent.modified = parent.changed = now();
}

/// A name of it was taken out of `parent`.
void store::lose_name(node& n, node& parent) noexcept {
  n.changed = now();
  if (n.is_directory()) {
    n.links = 0;
    --parent.links;
  } else {
    --n.links;
  }
  drop(&n);
}

void store::remove(node& parent, std::string_view name) noexcept {
  node* n = parent.names.find(name);
  parent.names.remove(name);
  parent.modified = parent.changed = now();
  lose_name(*n, parent);
}

void store::move_directory(node& n, node& from, node& to) noexcept {
  if (!n.is_directory() || &from == &to) return;
  n.parent = &to;
  ++to.holders;
  ++to.links;
  --from.holders;
  --from.links;
}

void store::rename(node& from, std::string_view name, node& to, std::string_view new_name) {
  node& n = *from.names.find(name);
  node* gone = to.names.find(new_name);
  if (gone == nullptr) {
    to.names.add(new_name, n);
  } else {
    to.names.replace(new_name, n);
  }
  from.names.remove(name);
  from.modified = from.changed = to.modified = to.changed = n.changed = now();
  move_directory(n, from, to);
  if (gone != nullptr) lose_name(*gone, to);
}

void store::exchange(node& from, std::string_view name, node& to,
                     std::string_view other) noexcept {
  node& a = *from.names.find(name);
  node& b = *to.names.find(other);
  from.names.replace(name, b);
  to.names.replace(other, a);
  move_directory(a, from, to);
  move_directory(b, to, from);
  from.modified = from.changed = to.modified = to.changed = a.changed = b.changed = now();
}

void store::touch(node& n) noexcept {
  constexpr std::int64_t day = 24 * 60 * 60;
  const timestamp at = now();
  const bool tells_less = n.accessed <= n.modified || n.accessed <= n.changed;
  if (tells_less || at.seconds - n.accessed.seconds >= day) n.accessed = at;
}

void store::lose_capabilities(node& n) noexcept {
  const auto at = n.xattrs.find(std::string_view("security.capability"));
  if (at != n.xattrs.end()) n.xattrs.erase(at);
}

void store::modified(node& n) noexcept {
  lose_capabilities(n);
  n.modified = n.changed = now();
}

/// Ends a node that nobody knows any more, and then perhaps its parent, which it held.
void store::drop(node* n) noexcept {
  while (n != nullptr && n->links == 0 && n->holders == 0) {
    node* parent = n->is_directory() ? n->parent : nullptr;
    delete n;
    if (parent != nullptr) --parent->holders;
    n = parent;
  }
}

void store::expect_open() {
  if (free_ != no_place) return;
  open_.emplace_back();
  open_.back().next_free = free_;
  free_ = static_cast<std::uint32_t>(open_.size() - 1);
}

handle_id store::open(node& n, bool reads, bool writes, bool appends) {
  expect_open();
  const std::uint32_t place = free_;
  open_node& o = open_[place];
  free_ = o.next_free;
  o.of = &n;
  o.reads = reads;
  o.writes = writes;
  o.appends = appends;
  o.keeps_times = false;
  ++n.holders;
  return marks_ | place | handle_id{o.generation} << 32;
}

bool store::close(handle_id id) noexcept {
  open_node* o = find(id);
  if (o == nullptr) return false;
  node* n = std::exchange(o->of, nullptr);
  waiting_.leave(id);
  if (n->locks.end(id)) waiting_.changed(*n);
  o->generation = (o->generation + 1) & 0xffffff;
  o->next_free = free_;
  free_ = static_cast<std::uint32_t>(o - open_.data());
  --n->holders;
  drop(n);
  return true;
}

open_node* store::find(handle_id id) noexcept {
  if (id == current_) id = stands_for_;
  id ^= marks_;
  const auto place = static_cast<std::uint32_t>(id);
  if (place >= open_.size()) return nullptr;
  open_node& o = open_[place];
  return o.of != nullptr && o.generation == id >> 32 ? &o : nullptr;
}

bool store::anyone(const node& n, bool open_node::*does) const noexcept {
  return std::ranges::any_of(open_, [&](const open_node& o) { return o.of == &n && o.*does; });
}

}  // namespace sluice::inline v0::memory

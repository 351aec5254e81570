#include "space/memory/store.hpp"

#include <memory>
#include <utility>

namespace sluice::inline v0::memory {

store::store(memory_space::clock tell_time) : clock_(tell_time), root_(new node) {
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

node& store::create(node& parent, std::string_view name, file_type type, std::uint16_t mode) {
  auto fresh = std::make_unique<node>();
  fresh->type = type;
  fresh->mode = mode & 07777;
  fresh->inode = next_inode_++;
  fresh->accessed = fresh->modified = fresh->changed = fresh->born = now();
  parent.names.add(name, *fresh);
  fresh->links = 1;
  if (type == file_type::directory) {
    fresh->links = 2;
    fresh->parent = &parent;
    ++parent.holders;
    ++parent.links;
  }
  parent.modified = parent.changed = fresh->born;
  return *fresh.release();
}

void store::remove(node& parent, std::string_view name) noexcept {
  node* n = parent.names.find(name);
  parent.names.remove(name);
  parent.modified = parent.changed = n->changed = now();
  if (n->is_directory()) {
    n->links = 0;
    --parent.links;
  } else {
    --n->links;
  }
  drop(n);
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

handle_id store::open(node& n, bool reads, bool writes, bool appends) {
  if (free_ == no_place) {
    open_.emplace_back();
    open_.back().next_free = free_;
    free_ = static_cast<std::uint32_t>(open_.size() - 1);
  }
  const std::uint32_t place = free_;
  open_node& o = open_[place];
  free_ = o.next_free;
  o.of = &n;
  o.reads = reads;
  o.writes = writes;
  o.appends = appends;
  ++n.holders;
  return marks_ | place | handle_id{o.generation} << 32;
}

bool store::close(handle_id id) noexcept {
  open_node* o = find(id);
  if (o == nullptr) return false;
  node* n = std::exchange(o->of, nullptr);
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

}  // namespace sluice::inline v0::memory

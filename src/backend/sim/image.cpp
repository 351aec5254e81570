#include "backend/sim/image.hpp"

#include <algorithm>
#include <cstring>

#include "backend/sim/torn.hpp"

namespace sluice::inline v0::sim {

namespace {

void copy_attributes(const memory::node& from, memory::node& to) {
  to.type = from.type;
  to.mode = from.mode;
  to.owner = from.owner;
  to.group = from.group;
  to.accessed = from.accessed;
  to.modified = from.modified;
  to.changed = from.changed;
  to.born = from.born;
  to.text = from.text;
  to.special = from.special;
  to.xattrs = from.xattrs;
}

}  // namespace

image::image(memory::store& nodes) { copy_tree(nodes.root()); }

void image::copy_tree(memory::node& root) {
  std::vector<memory::node*> rest{&root};
  while (!rest.empty()) {
    memory::node& n = *rest.back();
    rest.pop_back();
    inode& made = inodes_[n.inode];
    copy_attributes(n, made.kept);
    copy_content(n.data, made.kept.data);
    for (const auto& [cookie, e] : n.names.entries()) {
      made.names[e.name] = e.of->inode;
      rest.push_back(e.of);
    }
  }
}

void image::made(const memory::node& n) {
  const auto [at, fresh] = inodes_.try_emplace(n.inode);
  if (fresh) copy_attributes(n, at->second.kept);
}

void image::changed(change c) {
  // What was there at the beginning and at the end is what counts.
  change whole;
  for (name_change& one : c) {
    const auto same = std::ranges::find_if(whole, [&](const name_change& other) {
      return other.dir == one.dir && other.name == one.name;
    });
    if (same == whole.end()) {
      whole.push_back(std::move(one));
    } else {
      same->after = one.after;
    }
  }
  std::erase_if(whole, [](const name_change& one) { return one.before == one.after; });
  if (!whole.empty()) log_.push_back(std::move(whole));
}

bool image::is_directory(inode_number n) const {
  const auto at = inodes_.find(n);
  return at != inodes_.end() && at->second.kept.is_directory();
}

/// It lay elsewhere before. These keep their order, or one could come to lie under itself.
bool image::moves_directory(const change& c) const {
  return std::ranges::any_of(c, [&](const name_change& to) {
    return is_directory(to.after) &&
           std::ranges::any_of(c, [&](const name_change& from) { return from.before == to.after; });
  });
}

void image::bundle::add(const change& c, const image& of) {
  moves_directories_ |= of.moves_directory(c);
  for (const name_change& one : c) {
    names_.emplace(one.dir, one.name);
    dirs_.insert(one.dir);
    if (one.before != 0) inodes_.insert(one.before);
    if (one.after != 0) inodes_.insert(one.after);
  }
}

bool image::bundle::meets(const change& c, const image& of) const {
  if (moves_directories_ && of.moves_directory(c)) return true;
  return std::ranges::any_of(c, [&](const name_change& one) {
    return names_.contains({one.dir, one.name}) || inodes_.contains(one.dir) ||
           inodes_.contains(one.before) || inodes_.contains(one.after);
  });
}

bool image::bundle::needed_by(const change& later, const image& of) const {
  return meets(later, of) || std::ranges::any_of(later, [&](const name_change& one) {
    // A directory can't go while something that was taken out of it is still in it.
    return dirs_.contains(one.before) && of.is_directory(one.before);
  });
}

bool image::bundle::needs(const change& earlier, const image& of) const {
  return meets(earlier, of) || std::ranges::any_of(earlier, [&](const name_change& one) {
    return dirs_.contains(one.after) || dirs_.contains(one.before);
  });
}

void image::apply(const change& c) {
  for (const name_change& one : c) {
    if (one.before != 0) inodes_[one.dir].names.erase(one.name);
  }
  for (const name_change& one : c) {
    if (one.after != 0) inodes_[one.dir].names[one.name] = one.after;
  }
}

void image::synced(const memory::node& n) {
  made(n);
  inode& at = inodes_[n.inode];
  copy_attributes(n, at.kept);
  copy_content(n.data, at.kept.data);

  // What has to come to the disk: changes to its names, and to names in it; then what those need,
  // of what was before them, such as the directories that they are in.
  bundle going;
  std::vector<bool> goes(log_.size());
  for (std::size_t i = log_.size(); i-- > 0;) {
    const bool asked = std::ranges::any_of(log_[i], [&](const name_change& one) {
      return one.dir == n.inode || one.after == n.inode || one.before == n.inode;
    });
    goes[i] = asked || going.needs(log_[i], *this);
    if (goes[i]) going.add(log_[i], *this);
  }
  std::vector<change> left;
  for (std::size_t i = 0; i < log_.size(); ++i) {
    if (goes[i]) {
      apply(log_[i]);
    } else {
      left.push_back(std::move(log_[i]));
    }
  }
  log_ = std::move(left);
}

/// Draws which of the changes came to the disk.
void image::decide(random& rng) {
  bundle lost;
  for (const change& c : log_) {
    if (lost.needed_by(c, *this) || rng.chance(500)) {
      lost.add(c, *this);
    } else {
      apply(c);
    }
  }
  log_.clear();
}

void image::rebuild(memory::store& volatile_state, memory::store& fresh, random& rng) {
  std::map<inode_number, memory::node*> latest;
  std::vector<memory::node*> rest{&volatile_state.root()};
  while (!rest.empty()) {
    memory::node* n = rest.back();
    rest.pop_back();
    latest[n->inode] = n;
    for (const auto& [cookie, e] : n->names.entries()) rest.push_back(e.of);
  }
  decide(rng);
  make_tree(latest, fresh, rng);
}

void image::make_tree(const std::map<inode_number, memory::node*>& latest, memory::store& fresh,
                      random& rng) {
  std::vector<std::pair<inode_number, memory::node*>> rest{{1, &fresh.root()}};
  std::map<inode_number, memory::node*> made;
  while (!rest.empty()) {
    const auto [number, to] = rest.back();
    rest.pop_back();
    const inode& kept = inodes_.at(number);
    const auto seen = latest.find(number);
    const memory::node& last = seen != latest.end() ? *seen->second : kept.kept;
    merge_torn(kept.kept.data, last.data, to->data, rng);
    copy_attributes(rng.chance(500) ? last : kept.kept, *to);
    for (const auto& [name, below] : kept.names) {
      if (const auto there = made.find(below); there != made.end()) {
        fresh.link(*to, name, *there->second);
        continue;
      }
      const memory::node& is = inodes_.at(below).kept;
      memory::node& n = fresh.create(*to, name, is.type, is.mode);
      made.emplace(below, &n);
      rest.emplace_back(below, &n);
    }
  }
}

}  // namespace sluice::inline v0::sim

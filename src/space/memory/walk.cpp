#include "space/memory/walk.hpp"

#include <algorithm>
#include <cerrno>

namespace sluice::inline v0::memory {

namespace {

destination refused(int error) noexcept {
  destination d;
  d.error = error;
  return d;
}

/// Takes the first component off; slashes before and after it go with it.
std::string_view take_component(std::string_view& rest, bool& slash) noexcept {
  const std::size_t begin = std::min(rest.find_first_not_of('/'), rest.size());
  const std::size_t end = std::min(rest.find('/', begin), rest.size());
  const std::string_view component = rest.substr(begin, end - begin);
  slash = end < rest.size();
  rest.remove_prefix(std::min(rest.find_first_not_of('/', end), rest.size()));
  return component;
}

/// Where a path begins; an error if it may not.
int begin_of(store& nodes, handle_id from, std::string_view path, confinement within,
             node*& begin) noexcept {
  if (path.starts_with('/') && within == confinement::none) {
    begin = &nodes.root();
    return 0;
  }
  if (path.starts_with('/') && within == confinement::beneath) return EXDEV;
  open_node* base = nodes.find(from);
  if (base == nullptr) return EBADF;
  if (!base->of->is_directory()) return ENOTDIR;
  begin = base->of;
  return 0;
}

/// One walk: the directory reached, and what of the path and of links is left to go.
class walker_along {
 public:
  walker_along(store& nodes, node& top, std::string_view path, const walk_rules& rules) noexcept
      : nodes_(nodes), rules_(rules), top_(&top), at_(&top), rest_(path) {}

  destination go() noexcept {
    for (;;) {
      bool slash = false;
      d_.last = take_component(rest_, slash);
      while (rest_.empty() && depth_ > 0) rest_ = pending_[--depth_];
      if (!at_->is_directory()) return refused(ENOTDIR);
      const bool special = d_.last.empty() || d_.last == "." || d_.last == "..";
      node* next = nullptr;
      if (const int error = special ? step(next) : find(slash, next)) return refused(error);
      if (next != nullptr && next->is_symlink() && is_followed(slash)) {
        if (const int error = follow(*next, slash)) return refused(error);
        continue;
      }
      if (rest_.empty()) {
        d_.found = next;
        d_.must_be_directory |= slash;
        return d_;
      }
      if (next == nullptr) return refused(ENOENT);
      at_ = next;
    }
  }

 private:
  /// To where there is no name: here, up, or the root.
  int step(node*& next) noexcept {
    d_.name = {};
    next = at_;
    if (d_.last != "..") return 0;
    const bool leaves = at_ == top_ && rules_.within != confinement::none;
    if (leaves && rules_.within == confinement::beneath) return EXDEV;
    if (!leaves) next = at_->parent;
    return 0;
  }

  int find(bool slash, node*& next) noexcept {
    if (rest_.empty() && slash && rules_.makes_file) return EISDIR;
    if (d_.last.size() > name_max && at_->links > 0) {
      if (!rest_.empty()) return ENAMETOOLONG;
      d_.missing = ENAMETOOLONG;
    }
    next = at_->names.find(d_.last);
    d_.parent = at_;
    d_.name = d_.last;
    return 0;
  }

  bool is_followed(bool slash) const noexcept {
    if (!rest_.empty() || rules_.at_end == last_link::follow || through_) return true;
    return slash && rules_.at_end == last_link::through_slash;
  }

  int follow(node& link, bool slash) noexcept {
    if (links_++ == links_max || rules_.no_symlinks) return ELOOP;
    nodes_.touch(link);
    if (rest_.empty()) {
      d_.must_be_directory |= slash;
      through_ |= slash;
    } else {
      pending_[depth_++] = rest_;
    }
    rest_ = link.text;
    if (!rest_.starts_with('/')) return 0;
    if (rules_.within == confinement::beneath) return EXDEV;
    at_ = rules_.within == confinement::in_root ? top_ : &nodes_.root();
    return 0;
  }

  store& nodes_;
  const walk_rules& rules_;
  node* top_;
  node* at_;
  std::string_view rest_;
  std::string_view pending_[links_max];  // behind links that are being followed
  unsigned depth_ = 0;
  unsigned links_ = 0;
  bool through_ = false;  // slashes made a link be followed, so those behind it are, too
  destination d_;
};

}  // namespace

destination walk(store& nodes, handle_id from, path_ref path, const walk_rules& rules) noexcept {
  const std::string_view whole(path.c_str(), path.size());
  if (whole.empty()) return refused(ENOENT);
  if (whole.size() > path_max) return refused(ENAMETOOLONG);
  node* top = nullptr;
  if (const int error = begin_of(nodes, from, whole, rules.within, top)) return refused(error);
  return walker_along(nodes, *top, whole, rules).go();
}

std::int64_t look_up(store& nodes, handle_id from, path_ref path, lookup how,
                     node*& found) noexcept {
  if (path.empty()) {
    open_node* o = nodes.find(from);
    if (o == nullptr) return -EBADF;
    found = o->of;
    return 0;
  }
  walk_rules rules;
  rules.at_end = end_of(how);
  const destination d = walk(nodes, from, path, rules);
  if (d.error != 0) return -d.error;
  if (d.found == nullptr) return -d.missing;
  if (d.must_be_directory && !d.found->is_directory()) return -ENOTDIR;
  found = d.found;
  return 0;
}

std::int64_t look_up_open(store& nodes, handle_id from, path_ref path, lookup how,
                          node*& found) noexcept {
  const open_node* o = nodes.find(from);
  if (path.empty() && o != nullptr && o->is_location()) return -EBADF;
  return look_up(nodes, from, path, how, found);
}

}  // namespace sluice::inline v0::memory

#include "space/memory/walk.hpp"

#include <cerrno>

namespace sluice::inline v0::memory {

namespace {

destination refused(int error) noexcept {
  destination d;
  d.error = error;
  return d;
}

/// Takes the first component off; slashes before and after it go with it.
std::string_view take_component(std::string_view& rest) noexcept {
  const std::size_t begin = std::min(rest.find_first_not_of('/'), rest.size());
  const std::size_t end = std::min(rest.find('/', begin), rest.size());
  const std::string_view component = rest.substr(begin, end - begin);
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

}  // namespace

destination walk(store& nodes, handle_id from, path_ref path, confinement within) noexcept {
  std::string_view rest(path.c_str(), path.size());
  if (rest.empty()) return refused(ENOENT);
  if (rest.size() > path_max) return refused(ENAMETOOLONG);
  destination d;
  node* top = nullptr;
  if (const int error = begin_of(nodes, from, rest, within, top)) return refused(error);
  node* at = top;
  const bool slash_at_end = rest.ends_with('/');
  for (;;) {
    d.last = take_component(rest);
    if (d.last.size() > name_max) return refused(ENAMETOOLONG);
    if (!at->is_directory()) return refused(ENOTDIR);
    const bool up = d.last == "..";
    node* next = nullptr;
    if (up) {
      const bool leaves = at == top && within != confinement::none;
      if (leaves && within == confinement::beneath) return refused(EXDEV);
      next = leaves ? at : at->parent;
    } else if (d.last.empty() || d.last == ".") {
      next = at;
    } else {
      next = at->names.find(d.last);
      d.parent = at;
      d.name = d.last;
    }
    if (next == at || up) d.name = {};
    if (rest.empty()) {
      d.found = next;
      d.must_be_directory = slash_at_end;
      return d;
    }
    if (next == nullptr) return refused(ENOENT);
    at = next;
  }
}

std::int64_t look_up(store& nodes, handle_id from, path_ref path, node*& found) noexcept {
  if (path.empty()) {
    open_node* o = nodes.find(from);
    if (o == nullptr) return -EBADF;
    found = o->of;
    return 0;
  }
  const destination d = walk(nodes, from, path);
  if (d.error != 0) return -d.error;
  if (d.found == nullptr) return -ENOENT;
  if (d.must_be_directory && !d.found->is_directory()) return -ENOTDIR;
  found = d.found;
  return 0;
}

}  // namespace sluice::inline v0::memory

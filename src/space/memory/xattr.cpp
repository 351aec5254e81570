#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "space/memory/rows.hpp"
#include "space/memory/walk.hpp"

namespace sluice::inline v0::memory {

namespace {

constexpr std::size_t value_max = 64 * 1024;

std::int64_t check_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > name_max) return -ERANGE;
  return 0;
}

/// Names belong to families; the users' one is for what has content.
std::int64_t check_family(const node& n, std::string_view name, bool changes) noexcept {
  const bool has_content = n.is_regular() || n.is_directory();
  if (name.starts_with("user.") && !has_content) return changes ? -EPERM : -ENODATA;
  for (const std::string_view family : {"user.", "trusted.", "security."}) {
    if (name == family) return -EINVAL;
    if (name.starts_with(family)) return 0;
  }
  return -EOPNOTSUPP;
}

std::string_view view_of(path_ref name) noexcept { return {name.c_str(), name.size()}; }

}  // namespace

std::int64_t perform(store& nodes, ops::list_xattr& op) {
  node* n = nullptr;
  if (const std::int64_t refused = look_up_open(nodes, op.id, op.path, op.how, n)) return refused;
  std::size_t size = 0;
  for (const auto& [name, value] : n->xattrs) size += name.size() + 1;
  if (op.names.empty()) return static_cast<std::int64_t>(size);
  if (size > op.names.size()) return -ERANGE;
  char* to = op.names.data();
  for (const auto& [name, value] : n->xattrs) {
    std::memcpy(to, name.c_str(), name.size() + 1);
    to += name.size() + 1;
  }
  return static_cast<std::int64_t>(size);
}

std::int64_t perform(store& nodes, ops::get_xattr& op) {
  const std::string_view name = view_of(op.name);
  if (const std::int64_t refused = check_name(name)) return refused;
  node* n = nullptr;
  if (const std::int64_t refused = look_up_open(nodes, op.id, op.path, op.how, n)) return refused;
  if (const std::int64_t refused = check_family(*n, name, false)) return refused;
  const auto at = n->xattrs.find(name);
  if (at == n->xattrs.end()) return -ENODATA;
  const auto size = static_cast<std::int64_t>(at->second.size());
  if (op.buffer.empty()) return size;
  if (at->second.size() > op.buffer.size()) return -ERANGE;
  std::ranges::copy(at->second, op.buffer.begin());
  return size;
}

std::int64_t perform(store& nodes, ops::set_xattr& op) {
  const std::string_view name = view_of(op.name);
  if (const std::int64_t refused = check_name(name)) return refused;
  if (op.data.size() > value_max) return -E2BIG;
  node* n = nullptr;
  if (const std::int64_t refused = look_up_open(nodes, op.id, op.path, op.how, n)) return refused;
  if (const std::int64_t refused = check_family(*n, name, true)) return refused;
  const auto at = n->xattrs.find(name);
  const bool there = at != n->xattrs.end();
  if (there && op.mode == ops::xattr_mode::create) return -EEXIST;
  if (!there && op.mode == ops::xattr_mode::replace) return -ENODATA;
  std::vector<std::byte> value(op.data.begin(), op.data.end());
  if (there) {
    at->second.swap(value);
  } else {
    n->xattrs.emplace(name, std::move(value));
  }
  n->changed = nodes.now();
  return 0;
}

std::int64_t perform(store& nodes, ops::remove_xattr& op) {
  const std::string_view name = view_of(op.name);
  if (const std::int64_t refused = check_name(name)) return refused;
  node* n = nullptr;
  if (const std::int64_t refused = look_up_open(nodes, op.id, op.path, op.how, n)) return refused;
  if (const std::int64_t refused = check_family(*n, name, true)) return refused;
  const auto at = n->xattrs.find(name);
  if (at == n->xattrs.end()) return -ENODATA;
  n->xattrs.erase(at);
  n->changed = nodes.now();
  return 0;
}

}  // namespace sluice::inline v0::memory

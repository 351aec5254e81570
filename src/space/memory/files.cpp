#include <algorithm>
#include <cerrno>

#include "space/memory/rows.hpp"

namespace sluice::inline v0::memory {

namespace {

/// The most that one transfer moves, as on Linux.
constexpr std::size_t transfer_max = 0x7ffff000;

std::int64_t readable(store& nodes, handle_id id, std::uint64_t offset, open_node*& o) noexcept {
  o = nodes.find(id);
  if (o == nullptr || !o->reads) return -EBADF;
  if (offset > content::size_max) return -EINVAL;
  return o->of->is_directory() ? -EISDIR : 0;
}

std::int64_t writable(store& nodes, handle_id id, std::uint64_t offset, open_node*& o) noexcept {
  o = nodes.find(id);
  if (o == nullptr || !o->writes) return -EBADF;
  return offset > content::size_max ? -EINVAL : 0;
}

/// Writes at `offset`, or at the end, and tells how much.
std::int64_t write_to(store& nodes, open_node& o, std::span<const std::byte> from,
                      std::uint64_t offset) noexcept {
  node& n = *o.of;
  if (from.empty()) return 0;
  if (o.appends) offset = n.data.size();
  if (offset == content::size_max) return -EFBIG;
  const std::uint64_t room = content::size_max - offset;
  const std::size_t wanted = std::min<std::uint64_t>(std::min(from.size(), transfer_max), room);
  const std::size_t done = n.data.write(from.first(wanted), offset);
  if (done == 0) return -ENOSPC;
  n.modified = n.changed = nodes.now();
  return static_cast<std::int64_t>(done);
}

}  // namespace

std::int64_t perform(store& nodes, ops::close& op) { return nodes.close(op.id) ? 0 : -EBADF; }

std::int64_t perform(store& nodes, ops::read_at& op) {
  open_node* o = nullptr;
  if (const std::int64_t refused = readable(nodes, op.id, op.offset, o)) return refused;
  const std::size_t wanted = std::min(op.buffer.size(), transfer_max);
  return static_cast<std::int64_t>(o->of->data.read(op.buffer.first(wanted), op.offset));
}

std::int64_t perform(store& nodes, ops::write_at& op) {
  open_node* o = nullptr;
  if (const std::int64_t refused = writable(nodes, op.id, op.offset, o)) return refused;
  return write_to(nodes, *o, op.buffer, op.offset);
}

std::int64_t perform(store& nodes, ops::readv_at& op) {
  open_node* o = nullptr;
  if (const std::int64_t refused = readable(nodes, op.id, op.offset, o)) return refused;
  std::size_t total = 0;
  for (const io_slice& s : op.slices) {
    const std::span into(static_cast<std::byte*>(s.data), std::min(s.size, transfer_max - total));
    const std::size_t n = o->of->data.read(into, op.offset + total);
    total += n;
    if (n < s.size) break;
  }
  return static_cast<std::int64_t>(total);
}

std::int64_t perform(store& nodes, ops::writev_at& op) {
  open_node* o = nullptr;
  if (const std::int64_t refused = writable(nodes, op.id, op.offset, o)) return refused;
  std::size_t total = 0;
  for (const io_slice& s : op.slices) {
    const std::span from(static_cast<const std::byte*>(s.data),
                         std::min(s.size, transfer_max - total));
    const std::int64_t n = write_to(nodes, *o, from, op.offset + total);
    if (n < 0 && total == 0) return n;
    if (n < 0) break;
    total += static_cast<std::size_t>(n);
    if (static_cast<std::size_t>(n) < s.size) break;
  }
  return static_cast<std::int64_t>(total);
}

std::int64_t perform(store& nodes, ops::truncate& op) {
  open_node* o = nodes.find(op.id);
  if (o == nullptr) return -EBADF;
  if (!o->writes || op.size > content::size_max) return -EINVAL;
  node& n = *o->of;
  n.data.resize(op.size);
  n.modified = n.changed = nodes.now();
  return 0;
}

std::int64_t perform(store& nodes, ops::sync& op) { return nodes.find(op.id) != nullptr ? 0 : -EBADF; }

}  // namespace sluice::inline v0::memory

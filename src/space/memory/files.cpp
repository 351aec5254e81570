#include <algorithm>
#include <cerrno>

#include "space/memory/rows.hpp"

namespace sluice::inline v0::memory {

namespace {

/// An open FIFO has no offsets.
bool carries_nothing(const open_node& o) noexcept {
  return o.of->type == file_type::fifo && !o.is_location();
}

std::int64_t readable(store& nodes, handle_id id, std::uint64_t offset, open_node*& o) noexcept {
  o = nodes.find(id);
  if (o != nullptr && carries_nothing(*o)) return -ESPIPE;
  if (o == nullptr || !o->reads) return -EBADF;
  if (offset > content::size_max) return -EINVAL;
  return o->of->is_directory() ? -EISDIR : 0;
}

std::int64_t writable(store& nodes, handle_id id, std::uint64_t offset, open_node*& o) noexcept {
  o = nodes.find(id);
  if (o != nullptr && carries_nothing(*o)) return -ESPIPE;
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
  nodes.modified(n);
  return static_cast<std::int64_t>(done);
}

}  // namespace

std::int64_t perform(store& nodes, ops::close& op) { return nodes.close(op.id) ? 0 : -EBADF; }

std::int64_t perform(store& nodes, ops::read_at& op) {
  open_node* o = nullptr;
  if (const std::int64_t refused = readable(nodes, op.id, op.offset, o)) return refused;
  const std::size_t wanted = std::min(op.buffer.size(), transfer_max);
  if (!o->keeps_times) nodes.touch(*o->of);
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
  if (!o->keeps_times) nodes.touch(*o->of);
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
  if (o == nullptr || o->is_location()) return -EBADF;
  node& n = *o->of;
  if (!o->writes || !n.is_regular() || op.size > content::size_max) return -EINVAL;
  n.data.resize(op.size);
  nodes.modified(n);
  return 0;
}

std::int64_t perform(store& nodes, ops::sync& op) {
  const open_node* o = nodes.find(op.id);
  if (o == nullptr || o->is_location()) return -EBADF;
  return o->of->type == file_type::fifo ? -EINVAL : 0;
}

}  // namespace sluice::inline v0::memory

#include <algorithm>
#include <cerrno>

#include "space/memory/rows.hpp"

namespace sluice::inline v0::memory {

namespace {

/// Two files, one to be read and one to be written.
std::int64_t both(store& nodes, handle_id from, handle_id to, open_node*& reader,
                  open_node*& writer) noexcept {
  reader = nodes.find(from);
  writer = nodes.find(to);
  if (reader == nullptr || reader->is_location()) return -EBADF;
  if (writer == nullptr || writer->is_location()) return -EBADF;
  const node& source = *reader->of;
  const node& target = *writer->of;
  if (source.is_directory() || target.is_directory()) return -EISDIR;
  if (!source.is_regular() || !target.is_regular()) return -EINVAL;
  return reader->reads && writer->writes && !writer->appends ? 0 : -EBADF;
}

}  // namespace

std::int64_t perform(store& nodes, ops::allocate& op) {
  const open_node* o = nodes.find(op.id);
  if (o == nullptr || o->is_location()) return -EBADF;
  if (op.offset > content::size_max || op.size > content::size_max || op.size == 0) return -EINVAL;
  if (!o->writes) return -EBADF;
  node& n = *o->of;
  if (n.type == file_type::fifo) return -ESPIPE;
  if (op.size > content::size_max - op.offset) return -EFBIG;
  const bool punches = op.mode == allocate_mode::punch_hole;
  const bool extends = op.mode == allocate_mode::extend;
  if (!punches && !extends && op.mode != allocate_mode::keep_size) return -EOPNOTSUPP;
  if (punches) {
    n.data.punch(op.offset, op.size);
  } else {
    if (!n.data.reserve(op.offset, op.size)) return -ENOSPC;
    if (extends && op.offset + op.size > n.data.size()) n.data.resize(op.offset + op.size);
  }
  nodes.modified(n);
  return 0;
}

std::int64_t perform(store& nodes, ops::seek_extent& op) {
  const open_node* o = nodes.find(op.id);
  if (o == nullptr || o->is_location()) return -EBADF;
  const node& n = *o->of;
  if (!n.is_regular()) return n.type == file_type::fifo ? -ESPIPE : -EINVAL;
  if (op.offset >= n.data.size()) return -ENXIO;
  if (op.wanted == extent_kind::hole) {
    return static_cast<std::int64_t>(n.data.next_hole(op.offset));
  }
  const auto data = n.data.next_data(op.offset);
  return data ? static_cast<std::int64_t>(*data) : -ENXIO;
}

std::int64_t perform(store& nodes, ops::copy_range& op) {
  open_node* reader = nullptr;
  open_node* writer = nullptr;
  if (const std::int64_t refused = both(nodes, op.id, op.target_id, reader, writer)) {
    return refused;
  }
  if (op.offset > content::size_max || op.target_offset > content::size_max) return -EINVAL;
  const content& from = reader->of->data;
  content& to = writer->of->data;
  if (op.offset >= from.size()) return 0;
  const std::uint64_t wanted =
      std::min({from.size() - op.offset, std::uint64_t{op.size}, std::uint64_t{transfer_max}});
  if (wanted == 0) return 0;
  if (op.target_offset == content::size_max) return -EFBIG;
  const std::uint64_t size = std::min(wanted, content::size_max - op.target_offset);
  const bool overlap = op.offset < op.target_offset + size && op.target_offset < op.offset + size;
  if (&from == &to && overlap) return -EINVAL;
  std::uint64_t done = 0;
  while (done < size) {
    std::byte part[content::block_size];
    const std::size_t some = std::min<std::uint64_t>(sizeof part, size - done);
    from.read(std::span(part).first(some), op.offset + done);
    const std::size_t n = to.write(std::span(part).first(some), op.target_offset + done);
    done += n;
    if (n < some) break;
  }
  if (done == 0) return -ENOSPC;
  if (!reader->keeps_times) nodes.touch(*reader->of);
  nodes.modified(*writer->of);
  return static_cast<std::int64_t>(done);
}

std::int64_t perform(store& nodes, ops::clone& op) {
  open_node* reader = nullptr;
  open_node* writer = nullptr;
  if (const std::int64_t refused = both(nodes, op.source_id, op.id, reader, writer)) {
    return refused;
  }
  const content& from = reader->of->data;
  content& to = writer->of->data;
  if (&from == &to) return -EINVAL;
  // The source's last block would end in the midst of the target.
  const bool cut = from.size() % content::block_size != 0;
  if (cut && to.size() > from.size()) return -EINVAL;
  if (!to.begin_as(from)) return -ENOSPC;
  nodes.modified(*writer->of);
  return 0;
}

/// Only its arguments can be wrong.
std::int64_t perform(store& nodes, ops::advise& op) {
  const open_node* o = nodes.find(op.id);
  if (o == nullptr || o->is_location()) return -EBADF;
  if (o->of->type == file_type::fifo) return -ESPIPE;
  return op.size > content::size_max ? -EINVAL : 0;
}

std::int64_t perform(store& nodes, ops::cached& op) {
  const open_node* o = nodes.find(op.id);
  if (o == nullptr || o->is_location()) return -EBADF;
  if (op.size == 0 || o->of->is_regular()) return 1;
  return o->of->type == file_type::fifo ? -ESPIPE : -EISDIR;
}

std::int64_t perform(store& nodes, ops::sync_range& op) {
  const open_node* o = nodes.find(op.id);
  if (o == nullptr || o->is_location()) return -EBADF;
  if (static_cast<unsigned>(op.what) > 7) return -EINVAL;
  if (op.offset > content::size_max || op.size > content::size_max - op.offset) return -EINVAL;
  return o->of->type == file_type::fifo ? -ESPIPE : 0;
}

}  // namespace sluice::inline v0::memory

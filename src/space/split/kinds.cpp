#include "space/split/kinds.hpp"

namespace sluice::inline v0::split {

std::span<std::byte> buffer_of(operation& op) noexcept {
  if (is_transfer(op.kind)) return static_cast<transfer&>(op).buffer;
  if (op.kind == op_kind::read_at) return static_cast<ops::read_at&>(op).buffer;
  if (op.kind != op_kind::write_at) return {};
  const std::span<const std::byte> from = static_cast<ops::write_at&>(op).buffer;
  return {const_cast<std::byte*>(from.data()), from.size()};
}

std::uint64_t offset_of(const operation& op) noexcept {
  if (is_transfer(op.kind)) return static_cast<const transfer&>(op).offset;
  if (op.kind == op_kind::read_at) return static_cast<const ops::read_at&>(op).offset;
  if (op.kind == op_kind::write_at) return static_cast<const ops::write_at&>(op).offset;
  return 0;
}

std::size_t& gap_of(operation& op) noexcept {
  return op.kind == op_kind::read_at ? static_cast<ops::read_at&>(op).value
                                     : static_cast<ops::write_at&>(op).value;
}

namespace {

template <class Plain>
void make_plain(piece& one, operation& whole, decltype(Plain::buffer) bytes) noexcept {
  const split_part& part = one.part;
  const auto& op = static_cast<Plain&>(whole);
  one.make<Plain>(*part.in, part.id, bytes, part.offset, op.registered_with, op.registered_index);
}

void make_transfer(piece& one, operation& whole) noexcept {
  const split_part& part = one.part;
  if (!part.through.empty()) {
    one.make<ops::read_at>(*part.in, part.id, part.through, part.offset);
    return;
  }
  const std::span<std::byte> bytes = buffer_of(whole).subspan(one.begin, part.size);
  switch (whole.kind) {
    case op_kind::read_at:
      return make_plain<ops::read_at>(one, whole, bytes);
    case op_kind::write_at:
      return make_plain<ops::write_at>(one, whole, bytes);
    case op_kind::read_segments:
      one.make<ops::read_at>(*part.in, part.id, bytes, part.offset);
      return;
    default:
      one.make<ops::write_at>(*part.in, part.id, bytes, part.offset);
  }
}

}  // namespace

void make_child(piece& one, operation& whole) noexcept {
  const split_part& part = one.part;
  switch (whole.kind) {
    case op_kind::sync:
      one.make<ops::sync>(*part.in, part.id, static_cast<ops::sync&>(whole).data_only);
      return;
    case op_kind::truncate:
      one.make<ops::truncate>(*part.in, part.id, part.offset);
      return;
    case op_kind::close:
      one.make<ops::close>(*part.in, part.id);
      return;
    case op_kind::stat: {
      const auto& op = static_cast<ops::stat&>(whole);
      one.make<ops::stat>(*part.in, part.id, op.path, op.wanted, op.how);
      return;
    }
    case op_kind::open: {
      const auto& op = static_cast<ops::open&>(whole);
      one.make<ops::open>(*part.in, part.id, op.path, op.mode, op.permissions);
      return;
    }
    default:
      make_transfer(one, whole);
  }
}

namespace {

template <class Op>
std::size_t take(operation& child) noexcept {
  auto& op = static_cast<Op&>(child);
  op.buffer = op.buffer.subspan(op.value);
  op.offset += op.value;
  return op.value;
}

}  // namespace

std::size_t take_result(piece& one, bool reading) noexcept {
  return reading ? take<ops::read_at>(*one.child) : take<ops::write_at>(*one.child);
}

}  // namespace sluice::inline v0::split

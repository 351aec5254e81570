// What filters need to know of the kinds that move bytes.
#pragma once

#include <cstdint>

#include "sluice/fs/ops.hpp"
#include "sluice/io/ops.hpp"

namespace sluice::inline v0 {

/// Calls `visit` with the operation as what it is, if it moves bytes.
template <class Visit>
void visit_mover(operation& op, Visit visit) noexcept {
  switch (op.kind) {
    case op_kind::read_at: return visit(static_cast<ops::read_at&>(op));
    case op_kind::write_at: return visit(static_cast<ops::write_at&>(op));
    case op_kind::readv_at: return visit(static_cast<ops::readv_at&>(op));
    case op_kind::writev_at: return visit(static_cast<ops::writev_at&>(op));
    case op_kind::read: return visit(static_cast<ops::read&>(op));
    case op_kind::write: return visit(static_cast<ops::write&>(op));
    case op_kind::readv: return visit(static_cast<ops::readv&>(op));
    case op_kind::writev: return visit(static_cast<ops::writev&>(op));
    case op_kind::copy_range: return visit(static_cast<ops::copy_range&>(op));
    default: return;
  }
}

/// The bytes that were moved, once it has ended.
inline std::uint64_t bytes_moved(operation& op) noexcept {
  if (is_transfer(op.kind)) return static_cast<const transfer&>(op).outcome().done;
  std::uint64_t moved = 0;
  if (op.failure) return moved;
  visit_mover(op, [&](auto& mover) { moved = mover.value; });
  return moved;
}

/// The bytes that it is to move, at most.
inline std::uint64_t bytes_wanted(operation& op) noexcept {
  if (is_transfer(op.kind)) return static_cast<const transfer&>(op).buffer.size();
  std::uint64_t wanted = 0;
  visit_mover(op, [&](auto& mover) {
    if constexpr (requires { mover.buffer; }) {
      wanted = mover.buffer.size();
    } else if constexpr (requires { mover.slices; }) {
      for (const io_slice& s : mover.slices) wanted += s.size;
    } else {
      wanted = mover.size;
    }
  });
  return wanted;
}

}  // namespace sluice::inline v0

// What the kinds of operations that can be split differ in.
#pragma once

#include "space/split/piece.hpp"

namespace sluice::inline v0::split {

constexpr bool reads(op_kind k) noexcept {
  return k == op_kind::read_at || k == op_kind::read_segments;
}
constexpr bool writes(op_kind k) noexcept {
  return k == op_kind::write_at || k == op_kind::write_segments;
}
/// Made of ranges of bytes; the others are made of members.
constexpr bool moves_bytes(op_kind k) noexcept {
  return reads(k) || writes(k);
}

/// What is to be transferred; of a write it is only looked at.
std::span<std::byte> buffer_of(operation& op) noexcept;
std::uint64_t offset_of(const operation& op) noexcept;

/// Where a plain transfer keeps its first gap until it ends, and then its result.
std::size_t& gap_of(operation& op) noexcept;

/// Makes the operation on the other file.
void make_child(piece& one, operation& whole) noexcept;
/// Books a child of a transfer that has ended: gives its bytes, and aims it at what is left.
std::size_t take_result(piece& one, bool reading) noexcept;

}  // namespace sluice::inline v0::split

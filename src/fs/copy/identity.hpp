#pragma once

#include <compare>
#include <cstdint>

#include "sluice/fs/places.hpp"

namespace sluice::inline v0::copying {

struct identity {
  std::uint64_t device = 0, inode = 0;
  friend auto operator<=>(const identity&, const identity&) noexcept = default;
};
inline identity identity_of(const file_status& s) noexcept { return {s.device, s.inode}; }
/// Of one that is known.
inline identity identity_of(const place& p) noexcept { return {p.device(), p.inode()}; }

}  // namespace sluice::inline v0::copying

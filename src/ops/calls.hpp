// What the native sides share.
#pragma once

#include <cerrno>
#include <cstdint>

#include "backend/native_row.hpp"
#include "space/system/system_id.hpp"

namespace sluice::inline v0 {

/// A kernel call's -1 and errno as one number; interrupted calls are made again.
template <class Call>
std::int64_t retry(Call call) noexcept {
  for (;;) {
    const std::int64_t n = call();
    if (n >= 0) return n;
    if (errno != EINTR) return -errno;
  }
}

/// The most that the kernel moves at once.
inline constexpr std::size_t transfer_max = 0x7ffff000;

constexpr unsigned transfer_size(std::size_t n) noexcept {
  return static_cast<unsigned>(n < transfer_max ? n : transfer_max);
}

/// The ring and preadv2 take an offset of -1 for the file's own position; plain calls refuse all
/// that are negative.
constexpr bool is_offset(std::uint64_t offset) noexcept { return offset <= INT64_MAX; }

/// What an attempt answers that would block, where no event tells when it would not.
inline constexpr std::int64_t needs_a_thread = -ENOTBLK;

/// What an attempt answers that has taken less than it asked for, and wants more: there is probably
/// nothing left, and -EAGAIN would be the answer to the next.
inline constexpr std::int64_t came_short = INT64_MIN;

inline int fd_of(const operation& op) noexcept { return system_id::descriptor(op.id); }

}  // namespace sluice::inline v0

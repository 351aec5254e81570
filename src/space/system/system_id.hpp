// What the system space keeps in a handle id: the descriptor, and the little that choosing a way
// needs to know about it without asking the kernel.
#pragma once

#include <atomic>
#include <cstdint>

#include "sluice/core/operation.hpp"

namespace sluice::inline v0::system_id {

inline constexpr handle_id direct = handle_id{1} << 36;    // opened with O_DIRECT
inline constexpr handle_id borrowed = handle_id{1} << 37;  // not ours to close
inline constexpr handle_id socket = handle_id{1} << 38;    // read and written as one
inline constexpr unsigned serial_at = 39;  // counts descriptors of ours
inline constexpr unsigned serial_bits = 23;

constexpr int descriptor(handle_id id) noexcept {
  return static_cast<int>(static_cast<std::uint32_t>(id));
}
/// A small number for the file system; 0 is unknown. What lies under a directory inherits its
/// number: a mount point below it is then taken for its parent, which costs speed and nothing else.
constexpr unsigned fs_key(handle_id id) noexcept {
  return (id >> 32) & 15;
}
inline constexpr unsigned fs_keys = 16;

/// Tells a descriptor from those that had its number before: what a backend remembers of them is none
/// of its business. 0 is of standard streams, and where there was no memory.
constexpr std::uint32_t serial(handle_id id) noexcept {
  return static_cast<std::uint32_t>(id >> serial_at) & ((1u << serial_bits) - 1);
}

constexpr handle_id make(int fd, unsigned key, handle_id flags) noexcept {
  return static_cast<std::uint32_t>(fd) | (handle_id{key} << 32) | flags;
}

/// The same for a descriptor that is new to us, and has room to be released.
handle_id fresh(int fd, unsigned key, handle_id flags) noexcept;

/// The number of the file system that the descriptor is on. One system call; never 0.
unsigned find_fs_key(int fd) noexcept;
/// The id of a descriptor that somebody else made. Two system calls look at what it is.
handle_id of_descriptor(int fd) noexcept;

/// Room to release this descriptor later without allocating. False: out of memory.
bool reserve_release(int fd) noexcept;
bool has_release_link(int fd) noexcept;
/// The link that reserve_release made room for. Atomic although the kernel orders its users: a
/// number comes to somebody else only after it was closed.
using release_place = std::atomic<int>;
release_place& release_link(int fd) noexcept;

}  // namespace sluice::inline v0::system_id

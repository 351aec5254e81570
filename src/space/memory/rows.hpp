// What the operations do to the store: each gives a result >= 0 or a negated errno, as a system
// call would. Called under the store's mutex; may throw std::bad_alloc.
#pragma once

#include "space/memory/store.hpp"
#include "sluice/fs/ops.hpp"

namespace sluice::inline v0::memory {

/// The most that one transfer moves, as on Linux.
inline constexpr std::size_t transfer_max = 0x7ffff000;

// open.cpp
std::int64_t perform(store& nodes, ops::open& op);

// names.cpp
std::int64_t perform(store& nodes, ops::mkdir& op);
std::int64_t perform(store& nodes, ops::unlink& op);
std::int64_t perform(store& nodes, ops::entries& op);

// rename.cpp
std::int64_t perform(store& nodes, ops::rename& op);

// links.cpp
std::int64_t perform(store& nodes, ops::link& op);
std::int64_t perform(store& nodes, ops::symlink& op);
std::int64_t perform(store& nodes, ops::readlink& op);
std::int64_t perform(store& nodes, ops::mknod& op);

// files.cpp
std::int64_t perform(store& nodes, ops::close& op);
std::int64_t perform(store& nodes, ops::read_at& op);
std::int64_t perform(store& nodes, ops::write_at& op);
std::int64_t perform(store& nodes, ops::readv_at& op);
std::int64_t perform(store& nodes, ops::writev_at& op);
std::int64_t perform(store& nodes, ops::truncate& op);
std::int64_t perform(store& nodes, ops::sync& op);

// extents.cpp
std::int64_t perform(store& nodes, ops::allocate& op);
std::int64_t perform(store& nodes, ops::seek_extent& op);
std::int64_t perform(store& nodes, ops::copy_range& op);
std::int64_t perform(store& nodes, ops::clone& op);
std::int64_t perform(store& nodes, ops::advise& op);
std::int64_t perform(store& nodes, ops::cached& op);
std::int64_t perform(store& nodes, ops::sync_range& op);

// locks.cpp; never waits
std::int64_t perform(store& nodes, ops::lock& op);
std::int64_t set_lock(node& on, const ops::lock& op);

// attributes.cpp
std::int64_t perform(store& nodes, ops::stat& op);
std::int64_t perform(store& nodes, ops::set_mode& op);
std::int64_t perform(store& nodes, ops::set_owner& op);
std::int64_t perform(store& nodes, ops::set_times& op);
std::int64_t perform(store& nodes, ops::stat_fs& op);

// xattr.cpp
std::int64_t perform(store& nodes, ops::list_xattr& op);
std::int64_t perform(store& nodes, ops::get_xattr& op);
std::int64_t perform(store& nodes, ops::set_xattr& op);
std::int64_t perform(store& nodes, ops::remove_xattr& op);

}  // namespace sluice::inline v0::memory

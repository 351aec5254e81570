// What the operations do to the store: each gives a result >= 0 or a negated errno, as a system
// call would. Called under the store's mutex; may throw std::bad_alloc.
#pragma once

#include "space/memory/store.hpp"
#include "sluice/fs/ops.hpp"

namespace sluice::inline v0::memory {

// names.cpp
std::int64_t perform(store& nodes, ops::open& op);
std::int64_t perform(store& nodes, ops::mkdir& op);
std::int64_t perform(store& nodes, ops::unlink& op);
std::int64_t perform(store& nodes, ops::entries& op);

// files.cpp
std::int64_t perform(store& nodes, ops::close& op);
std::int64_t perform(store& nodes, ops::read_at& op);
std::int64_t perform(store& nodes, ops::write_at& op);
std::int64_t perform(store& nodes, ops::readv_at& op);
std::int64_t perform(store& nodes, ops::writev_at& op);
std::int64_t perform(store& nodes, ops::truncate& op);
std::int64_t perform(store& nodes, ops::sync& op);

// attributes.cpp
std::int64_t perform(store& nodes, ops::stat& op);
std::int64_t perform(store& nodes, ops::set_mode& op);
std::int64_t perform(store& nodes, ops::set_owner& op);
std::int64_t perform(store& nodes, ops::set_times& op);

}  // namespace sluice::inline v0::memory

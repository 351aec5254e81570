#pragma once

#include "sluice/sim/random.hpp"
#include "space/memory/content.hpp"

namespace sluice::inline v0::sim {

inline constexpr std::size_t sector = 512;  // what a disk writes whole

void copy_content(const memory::content& from, memory::content& to);

/// What is on the disk when not all of `latest` came there: in `into`, which is empty, each sector is
/// either from `synced` or from `latest`, and the size is one of theirs or a sector's end between.
void merge_torn(const memory::content& synced, const memory::content& latest,
                memory::content& into, random& rng);

}  // namespace sluice::inline v0::sim

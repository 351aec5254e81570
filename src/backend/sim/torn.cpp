#include "backend/sim/torn.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <set>

namespace sluice::inline v0::sim {

namespace {

using memory::content;

void write_all(content& to, std::span<const std::byte> bytes, std::uint64_t offset) {
  if (to.write(bytes, offset) != bytes.size()) throw std::bad_alloc();
}

std::uint64_t size_between(std::uint64_t a, std::uint64_t b, random& rng) {
  if (a == b || rng.chance(300)) return a;
  if (rng.chance(500)) return b;
  const auto [low, high] = std::minmax(a, b);
  return std::min(high, (low / sector + 1 + rng.below((high - low) / sector + 1)) * sector);
}

const std::byte* block_of(const content& c, std::uint64_t index) noexcept {
  const auto at = c.blocks().find(index);
  return at != c.blocks().end() ? at->second.get() : nullptr;
}

}  // namespace

void copy_content(const content& from, content& to) {
  to.resize(0);
  for (const auto& [index, block] : from.blocks()) {
    if (block == nullptr) continue;
    write_all(to, {block.get(), content::block_size}, index * content::block_size);
  }
  to.resize(from.size());
}

void merge_torn(const content& synced, const content& latest, content& into, random& rng) {
  std::set<std::uint64_t> indices;
  for (const content* c : {&synced, &latest}) {
    for (const auto& at : c->blocks()) indices.insert(at.first);
  }
  for (const std::uint64_t index : indices) {
    const std::byte* const old_block = block_of(synced, index);
    const std::byte* const new_block = block_of(latest, index);
    for (std::size_t at = 0; at < content::block_size; at += sector) {
      const std::byte zeros[sector] = {};
      const std::byte* const was = old_block != nullptr ? old_block + at : zeros;
      const std::byte* const is = new_block != nullptr ? new_block + at : zeros;
      const bool same = std::memcmp(was, is, sector) == 0;
      const std::byte* const found = same || rng.chance(500) ? is : was;
      if (std::memcmp(found, zeros, sector) == 0) continue;
      write_all(into, {found, sector}, index * content::block_size + at);
    }
  }
  into.resize(size_between(synced.size(), latest.size(), rng));
}

}  // namespace sluice::inline v0::sim

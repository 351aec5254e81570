#include "sluice/fs/link_set.hpp"

#include <utility>

namespace sluice::inline v0 {

/// Inode numbers are often consecutive: every bit has to reach the low ones, which choose the
/// place, and the high ones, which choose the shard.
std::uint64_t link_set::hash(file_id id) noexcept {
  std::uint64_t h = id.inode_plus_one + id.device * 0x9e3779b97f4a7c15;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93;
  return h ^ (h >> 32);
}

/// Where the file is, or the free place where it would go. The table is not full.
std::size_t link_set::find(const std::vector<file_id>& table, file_id id) noexcept {
  const std::size_t mask = table.size() - 1;
  std::size_t at = hash(id) & mask;
  while (table[at].inode_plus_one != 0 && table[at] != id) at = (at + 1) & mask;
  return at;
}

void link_set::grow(shard& s) {
  std::vector<file_id> larger(s.table.empty() ? 64 : 2 * s.table.size());
  for (const file_id& id : s.table) {
    if (id.inode_plus_one != 0) larger[find(larger, id)] = id;
  }
  s.table = std::move(larger);
}

bool link_set::insert(std::uint64_t device, std::uint64_t inode) {
  const file_id id{device, inode + 1};
  shard& s = shard_of(id);
  const std::lock_guard lock(s.mutex);
  if (4 * (s.used + 1) > 3 * s.table.size()) grow(s);
  file_id& place = s.table[find(s.table, id)];
  if (place.inode_plus_one != 0) return false;
  place = id;
  ++s.used;
  return true;
}

bool link_set::contains(std::uint64_t device, std::uint64_t inode) const {
  const file_id id{device, inode + 1};
  const shard& s = shard_of(id);
  const std::lock_guard lock(s.mutex);
  return !s.table.empty() && s.table[find(s.table, id)].inode_plus_one != 0;
}

}  // namespace sluice::inline v0

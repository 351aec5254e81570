// Which files have been met already: for counting and copying hard links once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace sluice::inline v0 {

/// A set of files, each known by its file system and its inode. Thread-safe. 16 bytes a file and
/// the room to grow, in shards that lock apart.
class link_set {
 public:
  link_set() = default;
  link_set(const link_set&) = delete;
  link_set& operator=(const link_set&) = delete;

  /// True: it was not there before.
  bool insert(std::uint64_t device, std::uint64_t inode);
  bool contains(std::uint64_t device, std::uint64_t inode) const;

 private:
  struct file_id {
    std::uint64_t device = 0;
    std::uint64_t inode_plus_one = 0;  // 0: a free place
    friend bool operator==(const file_id&, const file_id&) noexcept = default;
  };
  /// Open addressing; at most three quarters full.
  struct shard {
    mutable std::mutex mutex;
    std::vector<file_id> table;
    std::size_t used = 0;
  };
  static constexpr std::size_t shard_bits = 5;

  static std::uint64_t hash(file_id id) noexcept;
  static std::size_t find(const std::vector<file_id>& table, file_id id) noexcept;
  static void grow(shard& s);
  shard& shard_of(file_id id) noexcept { return shards_[hash(id) >> (64 - shard_bits)]; }
  const shard& shard_of(file_id id) const noexcept { return shards_[hash(id) >> (64 - shard_bits)]; }

  shard shards_[std::size_t{1} << shard_bits];
};

}  // namespace sluice::inline v0

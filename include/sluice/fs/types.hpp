// The vocabulary of file systems, free of any operating system's headers.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace sluice::inline v0 {

#define SLUICE_FLAGS(E)                                                                     \
  constexpr E operator|(E a, E b) noexcept {                                                \
    return static_cast<E>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));   \
  }                                                                                         \
  constexpr E operator&(E a, E b) noexcept {                                                \
    return static_cast<E>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));   \
  }                                                                                         \
  constexpr E& operator|=(E& a, E b) noexcept { return a = a | b; }                         \
  constexpr bool any(E a) noexcept { return static_cast<std::uint32_t>(a) != 0; }

/// How to open. Files are opened close-on-exec. Opening a FIFO or a device does not wait for its
/// peer unless `wait_for_peer` is given.
enum class open_mode : std::uint32_t {
  read = 1,
  write = 2,
  read_write = 3,
  append = 1 << 2,
  create = 1 << 3,
  exclusive = 1 << 4,        // with create: the name must be new
  truncate = 1 << 5,
  directory = 1 << 6,        // fail unless it is one
  no_follow = 1 << 7,        // fail if the last component is a symbolic link
  direct = 1 << 8,           // past the page cache: buffers, offsets and sizes must be aligned
  temporary = 1 << 9,        // a nameless file in the directory that the path names
  location = 1 << 10,        // only a place in the tree (O_PATH): no reading or writing
  wait_for_peer = 1 << 11,
  sync = 1 << 12,            // each write is durable before it completes, with its metadata
  data_sync = 1 << 13,       // the same without metadata that reading does not need
  no_access_time = 1 << 14,
  beneath = 1 << 15,         // never leave the directory, by .., links or absolute paths
  no_symlinks = 1 << 16,     // not in any component
  no_magic_links = 1 << 17,
  no_mounts = 1 << 18,       // stay on the directory's file system
  in_root = 1 << 19,         // the directory is the root for .. and absolute links
};
SLUICE_FLAGS(open_mode)

enum class file_type : std::uint8_t {
  unknown,
  fifo,
  character,
  directory,
  block,
  regular,
  symlink,
  socket
};

/// Seconds and nanoseconds since 1970, as file systems keep them; seconds may be negative.
struct timestamp {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  friend constexpr auto operator<=>(const timestamp&, const timestamp&) noexcept = default;
};

/// Which fields of file_status are wanted, and, in the result, which are there.
enum class stat_mask : std::uint32_t {
  type = 1,
  mode = 2,
  links = 4,
  owner = 8 | 16,
  accessed = 32,
  modified = 64,
  changed = 128,
  inode = 256,
  size = 512,
  blocks = 1024,
  basic = 2047,
  born = 2048,
  mount_id = 4096,
  direct_alignment = 8192
};
SLUICE_FLAGS(stat_mask)

struct file_status {
  stat_mask have{};
  file_type type = file_type::unknown;
  std::uint16_t mode = 0;            // permission, set-id and sticky bits
  std::uint32_t links = 0;
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;            // bytes
  std::uint64_t allocated = 0;       // bytes on the device
  std::uint32_t block_size = 0;      // bytes that are good to transfer at once
  std::uint64_t device = 0;          // of the file system it is on
  std::uint64_t special_device = 0;  // that it stands for, if it is a device
  std::uint64_t mount_id = 0;
  std::uint32_t direct_memory_alignment = 0;
  std::uint32_t direct_offset_alignment = 0;
  timestamp accessed, modified, changed, born;
};

/// How a name is looked up when something is asked about it.
enum class lookup : std::uint32_t {
  follow = 0,
  no_follow = 1,      // the link itself
  no_automount = 2,
  dont_sync = 4,      // what a network file system already knows is good enough
};
SLUICE_FLAGS(lookup)

/// A time to set: a time, now, or leave it.
struct time_change {
  enum class kind : std::uint8_t { leave, now, at } what = kind::leave;
  timestamp when;
  static constexpr time_change now() noexcept { return {kind::now, {}}; }
  static constexpr time_change at(timestamp t) noexcept { return {kind::at, t}; }
};

inline constexpr std::uint32_t keep_id = UINT32_MAX;  // set_owner: leave this one

/// What becomes of a name that is there already: it goes, it stays (errc::exists), or the two swap.
enum class rename_mode : std::uint32_t { replace = 0, no_replace = 1, exchange = 2 };

enum class access_advice : std::uint8_t {
  normal,
  sequential,
  random,
  will_need,
  dont_need,
  no_reuse
};

enum class allocate_mode : std::uint32_t {
  extend = 0,           // room for the range, and the file at least that long
  keep_size = 1,        // room without a longer file
  punch_hole = 2 | 1,   // gives the range back: it reads as zeros
  collapse_range = 8,   // takes the range out: what follows moves down
  zero_range = 16,      // zeros, with room for them
  insert_range = 32     // a hole: what follows moves up
};

enum class extent_kind : std::uint8_t { data, hole };

enum class lock_kind : std::uint8_t { shared, exclusive, unlock };

/// Which parts of a range sync_range waits for or starts; as the system call of that name.
enum class range_sync : std::uint32_t { wait_before = 1, write = 2, wait_after = 4 };
SLUICE_FLAGS(range_sync)

struct fs_status {
  std::uint64_t type = 0;  // the file system's magic number
  std::uint64_t block_size = 0;
  std::uint64_t blocks = 0, blocks_free = 0, blocks_available = 0;
  std::uint64_t files = 0, files_free = 0;
  std::uint64_t name_max = 0;
  bool read_only = false;
};

/// Memory for vectored transfers; laid out as the system's own.
struct io_slice {
  void* data = nullptr;
  std::size_t size = 0;
};

}  // namespace sluice::inline v0

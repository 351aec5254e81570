// The nodes of the tree, and the handles on them.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "space/memory/content.hpp"
#include "space/memory/directory.hpp"
#include "sluice/space/memory.hpp"

namespace sluice::inline v0::memory {

/// A file or a directory. It lives while it has a name or somebody holds it: a handle, or a
/// directory whose parent it is.
struct node {
  file_type type = file_type::regular;
  std::uint16_t mode = 0;
  std::uint32_t links = 0;
  std::uint32_t owner = 0, group = 0;
  std::uint64_t inode = 0;
  std::uint64_t holders = 0;
  timestamp accessed, modified, changed, born;
  node* parent = nullptr;  // of a directory; the root is its own
  content data;
  directory names;

  bool is_directory() const noexcept { return type == file_type::directory; }
};

struct open_node {
  node* of = nullptr;  // null: a free place
  bool reads = false, writes = false, appends = false;
  std::uint32_t generation = 0;  // so that an id is not mistaken for a later one
  std::uint32_t next_free = 0;
};

/// All but the constructor and the mutex is for those who hold the mutex.
class store {
 public:
  explicit store(memory_space::clock tell_time);
  ~store();
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  std::mutex& mutex() noexcept { return mutex_; }
  node& root() noexcept { return *root_; }
  timestamp now() const noexcept { return clock_(); }

  /// A new node with a new name in `parent`. Throws std::bad_alloc, and then nothing was done.
  node& create(node& parent, std::string_view name, file_type type, std::uint16_t mode);
  /// Takes a name away, which must be there.
  void remove(node& parent, std::string_view name) noexcept;

  /// A handle's id. Throws std::bad_alloc.
  handle_id open(node& n, bool reads, bool writes, bool appends);
  /// False: there is no such handle. Needs no memory.
  bool close(handle_id id) noexcept;
  /// Null: there is no such handle.
  open_node* find(handle_id id) noexcept;

  /// From now on ids have these bits besides, of those that a place and its generation leave free,
  /// and `current` is another name of this one.
  void mark_ids(handle_id bits, handle_id current, handle_id stands_for) noexcept {
    marks_ = bits;
    current_ = current;
    stands_for_ = stands_for;
  }

 private:
  static constexpr std::uint32_t no_place = UINT32_MAX;
  static constexpr handle_id no_id = UINT64_MAX;

  void drop(node* n) noexcept;

  std::mutex mutex_;
  memory_space::clock clock_;
  node* root_;
  std::uint64_t next_inode_ = 1;
  std::vector<open_node> open_;
  std::uint32_t free_ = no_place;
  handle_id marks_ = 0;
  handle_id current_ = no_id, stands_for_ = no_id;
};

}  // namespace sluice::inline v0::memory

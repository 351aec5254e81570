// The nodes of the tree, and the handles on them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "space/memory/content.hpp"
#include "space/memory/directory.hpp"
#include "space/memory/locks.hpp"
#include "sluice/space/memory.hpp"

namespace sluice::inline v0::memory {

/// A file of any type. It lives while it has a name or somebody holds it: a handle, or a
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
  bool linkable = false;   // it was made without a name, and may get one
  content data;
  directory names;
  std::string text;             // of a symbolic link
  std::uint64_t special = 0;    // the device that it stands for
  std::map<std::string, std::vector<std::byte>, std::less<>> xattrs;
  range_locks locks;

  bool is_directory() const noexcept { return type == file_type::directory; }
  bool is_regular() const noexcept { return type == file_type::regular; }
  bool is_symlink() const noexcept { return type == file_type::symlink; }
  std::uint64_t size() const noexcept { return is_symlink() ? text.size() : data.size(); }
};

struct open_node {
  node* of = nullptr;  // null: a free place
  bool reads = false, writes = false, appends = false;
  bool keeps_times = false;  // reading leaves the time of access as it is
  std::uint32_t generation = 0;  // so that an id is not mistaken for a later one
  std::uint32_t next_free = 0;

  /// Only a place in the tree.
  bool is_location() const noexcept { return !reads && !writes; }
};

/// All but the constructor and the mutex is for those who hold the mutex.
class store {
 public:
  explicit store(memory_space::clock tell_time, std::uint64_t byte_limit = UINT64_MAX);
  ~store();
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  std::mutex& mutex() noexcept { return mutex_; }
  node& root() noexcept { return *root_; }
  timestamp now() const noexcept { return clock_(); }
  /// The number of this file system; no other in the process has it, and no device of a system.
  std::uint64_t device() const noexcept { return device_; }
  const byte_budget& budget() const noexcept { return budget_; }
  lock_line& waiting() noexcept { return waiting_; }

  /// A new node, as `parent` makes them, that nobody knows. Throws std::bad_alloc.
  std::unique_ptr<node> make(const node& parent, file_type type, std::uint16_t mode);
  /// It gets a new name in `parent`. Throws std::bad_alloc, and then nothing was done.
  node& add(node& parent, std::string_view name, std::unique_ptr<node> fresh);
  node& create(node& parent, std::string_view name, file_type type, std::uint16_t mode) {
    return add(parent, name, make(parent, type, mode));
  }
  /// One more name for what is no directory. As `add`.
  void link(node& parent, std::string_view name, node& n);
  /// Takes a name away, which must be there.
  void remove(node& parent, std::string_view name) noexcept;
  /// Moves a name; one that is there already goes. As `add`.
  void rename(node& from, std::string_view name, node& to, std::string_view new_name);
  /// Swaps what two names mean.
  void exchange(node& from, std::string_view name, node& to, std::string_view other) noexcept;

  /// It was read: the time of access changes when it tells less than the others, or after a day.
  void touch(node& n) noexcept;
  /// Its content changed.
  void modified(node& n) noexcept;
  /// What a file may do more than others goes with its content, and with its owner.
  static void lose_capabilities(node& n) noexcept;

  /// A handle's id. Throws std::bad_alloc.
  handle_id open(node& n, bool reads, bool writes, bool appends);
  /// Makes sure that the next `open` can't fail. Throws std::bad_alloc.
  void expect_open();
  /// Ends its locks, too. False: there is no such handle. Needs no memory.
  bool close(handle_id id) noexcept;
  /// Null: there is no such handle.
  open_node* find(handle_id id) noexcept;
  /// Whether some handle reads, or writes, this node.
  bool anyone(const node& n, bool open_node::*does) const noexcept;

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

  void move_directory(node& n, node& from, node& to) noexcept;
  void lose_name(node& n, node& parent) noexcept;
  void drop(node* n) noexcept;

  std::mutex mutex_;
  memory_space::clock clock_;
  std::uint64_t device_;
  byte_budget budget_;
  lock_line waiting_;
  node* root_;
  std::uint64_t next_inode_ = 1;
  std::vector<open_node> open_;
  std::uint32_t free_ = no_place;
  handle_id marks_ = 0;
  handle_id current_ = no_id, stands_for_ = no_id;
};

}  // namespace sluice::inline v0::memory

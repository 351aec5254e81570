// Open directories under a limit: trees are walked with few descriptors, however deep they are.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "sluice/core/task.hpp"
#include "sluice/fs/dir.hpp"

namespace sluice::inline v0 {

class open_places;

/// A directory in a tree: where it is, and, while there is room, an open handle on it. It has to
/// outlive its children and everyone who has it open.
class place {
 public:
  /// A root: `name` is a path relative to `base`, which stays open.
  place(const dir& base, std::string path, open_mode how = open_mode::read) noexcept
      : base_(&base), name_(std::move(path)), how_(how) {}
  place(place& parent, std::string name, bool follow = false) noexcept
      : parent_(&parent),
        name_(std::move(name)),
        how_(follow ? open_mode::read : open_mode::read | open_mode::no_follow) {}
  place(place& parent, std::string name, open_mode how) noexcept
      : parent_(&parent), name_(std::move(name)), how_(how) {}
  ~place();
  place(const place&) = delete;
  place& operator=(const place&) = delete;

  /// Tells which directory this is: should it be closed and opened again, or opened by way of others that
  /// were closed, nothing else will do.
  void expect(std::uint64_t device, std::uint64_t inode) noexcept {
    device_ = device;
    inode_ = inode;
  }
  /// The same, whenever it is opened.
  void insist(std::uint64_t device, std::uint64_t inode) noexcept {
    expect(device, inode);
    seen_.store(true, std::memory_order_relaxed);
  }

  bool expected() const noexcept { return inode_ != 0; }
  /// What it is expected to be; 0: anything.
  std::uint64_t device() const noexcept { return device_; }
  std::uint64_t inode() const noexcept { return inode_; }

  place* parent() const noexcept { return parent_; }
  const std::string& name() const noexcept { return name_; }
  /// For messages: the names from the root down.
  std::string path() const;
  /// The path of something in this directory.
  std::string path_of(path_ref name) const;

 private:
  friend class open_places;
  static unsigned number_here() noexcept;

  place* parent_ = nullptr;
  const dir* base_ = nullptr;
  std::string name_;
  open_mode how_;
  unsigned shelf_ = number_here();  // of the thread that found it, which most likely is who opens it
  dir handle_;
  static constexpr unsigned closed = 0, unused = 1;  // and one more for each pin
  std::atomic<unsigned> users_ = closed;  // leaves `closed` and comes to it under its shelf's mutex
  std::atomic<bool> used_ = false;        // since it was looked at for closing
  std::atomic<bool> seen_ = false;        // it has been open, or is as good as known
  std::uint64_t device_ = 0, inode_ = 0;  // what it has to be when it is opened again; 0: unknown
  std::atomic<open_places*> kept_by_ = nullptr;  // while it is open; afterwards nobody touches it
  place* newer_ = nullptr;                // among those that are open
  place* older_ = nullptr;
};

/// Keeps at most so many places open, closing first what was not used lately. Thread-safe.
class open_places {
 public:
  /// `shelves`: threads that use it at the same time, and would hinder each other.
  explicit open_places(std::size_t limit, unsigned shelves = 1);
  ~open_places();
  open_places(const open_places&) = delete;
  open_places& operator=(const open_places&) = delete;

  /// Opens the place if it is not open, and keeps it so until `unpin`. A directory that was closed
  /// meanwhile and is no longer the same one gives errc::not_found.
  task<result<dir*>> pin(place& p);
  void unpin(place& p) noexcept;
  /// The place is not needed any more: closes it, unless somebody has it pinned.
  task<void> forget(place& p);
  /// The same without waiting, for destructors.
  void drop(place& p) noexcept;

 private:
  /// Those that are open, and found by one thread.
  struct alignas(cache_line) shelf {
    std::mutex mutex;
    std::atomic<std::size_t> limit = 0;
    std::atomic<std::size_t> open = 0;  // changed under the mutex
    place* newest = nullptr;
    place* oldest = nullptr;

    bool full() const noexcept;
    bool fewer() noexcept;
    dir take_handle(place& p) noexcept;
    dir take_unused(place& p) noexcept;
    dir take_oldest() noexcept;
    void link_newest(place& p) noexcept;
    void unlink(place& p) noexcept;
  };
  shelf& shelf_of(const place& p) noexcept { return shelves_[p.shelf_ % shelves_.size()]; }
  shelf* any_with_fewer(const place& wanted) noexcept;

  bool pin_open(place& p) noexcept;
  task<result<dir>> open_from_ancestor(place& p, bool& surely);
  bool keep(place& p, dir& opened) noexcept;
  task<void> make_room(shelf& on);

  std::vector<shelf> shelves_;
};

}  // namespace sluice::inline v0

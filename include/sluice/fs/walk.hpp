// Walking a tree on all cores: what du, traverse and cp share.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sluice/crew.hpp"
#include "sluice/fs/places.hpp"

namespace sluice::inline v0 {

class walk_slices;

/// A directory being walked. Visitors derive from it to keep what they need; it lives until
/// everything below it has been left, or longer if somebody keeps it.
class walk_dir : public std::enable_shared_from_this<walk_dir> {
 public:
  /// A root operand.
  walk_dir(const dir& base, std::string path, open_mode how, const file_status& s)
      : where(base, std::move(path), how), status(s) {
    where.expect(s.device, s.inode);
  }
  walk_dir(walk_dir& above, std::string name, const file_status& s, bool follow = false)
      : where(above.where, std::move(name), follow),
        status(s),
        depth(above.depth + 1),
        parent(above.shared_from_this()) {
    where.expect(s.device, s.inode);
  }
  /// One that was shown without its status: it gets it when it is open.
  walk_dir(walk_dir& above, std::string name)
      : where(above.where, std::move(name)),
        depth(above.depth + 1),
        parent(above.shared_from_this()),
        known_(false) {}
  virtual ~walk_dir() = default;

  /// Several workers are, or were, shown its names.
  bool shared() const noexcept { return shared_.load(std::memory_order_relaxed); }

  place where;
  file_status status;  // from `enter` on, and if it fails to be opened, too
  const unsigned depth = 0;
  const std::shared_ptr<walk_dir> parent;

 private:
  friend class walker;
  bool known_ = true;    // its status
  std::atomic<bool> shared_ = false;
  unsigned nested_ = 0;  // directories above it whose reading waits for this one
  std::atomic<std::size_t> unfinished_ = 1;  // itself, its slices and its subdirectories
};

/// One name that a directory holds. `status` is there if the visitor asked for it, or if the
/// directory did not tell the type; of a directory maybe not, with `ask_when_open`.
struct walk_entry {
  path_ref name;
  file_type type = file_type::unknown;
  const file_status* status = nullptr;
  std::uint64_t place = 0;  // among its directory's names, as the directory told them
};

enum class walk_step : std::uint8_t { open, read, stat };

/// What is done with a tree. Called on any of the crew's threads, and for different directories at
/// the same time; for one directory, `entries` may be called at the same time for different names.
class tree_visitor {
 public:
  virtual ~tree_visitor() = default;

  /// Before a directory's entries are read; `open` is the directory. False: it is not read.
  virtual task<bool> enter(walk_dir& d, dir& open, worker& on) = 0;

  /// Some names of an entered directory; "." and ".." are not among them. Entries of type
  /// directory that should be walked are then asked for by `descend`.
  virtual task<void> entries(walk_dir& d, dir& open, std::span<const walk_entry> some,
                             worker& on) = 0;

  /// With `filtered`: the name is passed by, and nothing is asked about it.
  virtual bool skips(walk_dir&, path_ref) { return false; }

  /// A node for a subdirectory, or null to pass it by.
  virtual std::shared_ptr<walk_dir> descend(walk_dir& d, const walk_entry& e) = 0;

  /// The names from place `first` up to `end` have been shown, and `descend` asked where it applies:
  /// each place is in one such range, and ranges of one directory come in any order.
  virtual void shown(walk_dir&, std::uint64_t /*first*/, std::uint64_t /*end*/) {}

  /// The last thing about a directory, after everything below has been left; also where it could
  /// not be opened or read.
  virtual task<void> leave(walk_dir& d, worker& on) = 0;

  /// The walk goes on without it. An empty name is the directory itself.
  virtual void failed(walk_dir& d, path_ref name, walk_step step, const error& why) = 0;
};

struct walk_options {
  /// Ask for the status of every entry, or only where the type is not known and of directories.
  bool status_of_all = true;
  /// Directories may be shown without their status, and are asked for it when they are open: that saves a
  /// look-up of the name. Where asking has to wait they are asked with all others. Not with `follow`.
  bool ask_when_open = false;
  /// Symbolic links stand for what they point to.
  bool follow = false;
  stat_mask wanted = stat_mask::type | stat_mask::links | stat_mask::inode | stat_mask::size |
                     stat_mask::blocks;
  std::size_t open_directories = 64;  // at the same time, see limits_for_trees
  /// One thing after another, each directory's names by inode and a subdirectory with all that is
  /// below it before the next name: the order of GNU's tools. Needs a directory's names in memory.
  bool in_order = false;
  bool filtered = false;              // ask the visitor whether it skips a name
  /// Large directories are gone through by inode where GNU's tools do: parts of 100'000 names, if
  /// they have more than 10'000, on most file systems.
  bool large_by_inode = false;
};

/// Walks trees with a crew. One walk at a time.
class walker {
 public:
  walker(crew& c, tree_visitor& v, const walk_options& o = {});
  ~walker();

  /// Walks these roots, one after another or together, and returns when all have been left. For a
  /// thread that runs no loop. Throws what a visitor threw.
  void run(std::span<const std::shared_ptr<walk_dir>> roots);

  /// From a piece of work: begins the walk of one more root, and returns at once.
  void add(worker& from, std::shared_ptr<walk_dir> root);

  /// Where the open directories are kept; visitors with places of their own share the limit.
  open_places& places() noexcept { return places_; }

 private:
  friend class directory_work;
  friend class slice_work;
  friend class roots_work;
  struct buffers;
  class ordered_names;
  class gathered_names;

  bool wants_status(file_type told, bool at_once) const noexcept;
  task<bool> get_status(walk_dir& d, const dir* open);
  task<void> open_failed(walk_dir& d, error why);
  task<void> walk_one(std::shared_ptr<walk_dir> d, worker& on);
  task<void> read_all(walk_dir& d, dir& open, worker& on);
  task<void> read_names(walk_dir& d, dir& open, ordered_names& into);
  task<void> walk_in_order(std::shared_ptr<walk_dir> d, worker& on);
  task<bool> visit_name(walk_dir& d, walk_entry e, std::shared_ptr<walk_dir>& below, worker& on);
  task<void> show(walk_dir& d, dir& open, entry_batch some, buffers& with, worker& on);
  task<void> show_large(walk_dir& d, dir& open, dir_cursor& cursor, buffers& with, entry_batch first,
                        worker& on);
  task<void> show_gathered(walk_dir& d, dir& open, gathered_names& names, buffers& with, worker& on);
  task<void> walk_slices_of(std::shared_ptr<walk_dir> d, std::shared_ptr<walk_slices> of,
                            worker& on);
  task<void> look_at(walk_dir& d, dir& open, entry_batch batch, buffers& with, worker& on);
  task<void> hand_on(walk_dir& d, dir& open, buffers& with, worker& on);
  task<void> go_below(walk_dir& d, buffers& with, worker& on);
  task<void> finish(std::shared_ptr<walk_dir> d, worker& on);
  std::shared_ptr<walk_slices> share(walk_dir& d, entry_batch whole, const buffers& with, worker& on);
  std::unique_ptr<buffers> borrow(worker& on);
  void give_back(std::unique_ptr<buffers> b, worker& on);

  crew& crew_;
  tree_visitor& visitor_;
  walk_options options_;
  unsigned nesting_;  // so deep a directory is walked in the midst of the one above
  open_places places_;
  struct alignas(cache_line) spare_buffers {
    std::vector<std::unique_ptr<buffers>> those;
  };
  std::vector<spare_buffers> spare_;  // one for each worker
};

/// What a walk may use at the same time without running out of descriptors.
struct tree_limits {
  crew_options crew;
  std::size_t open_directories;
};

/// By the cores (or `jobs` threads) and by the descriptors that are left, after raising the soft
/// limit on them to the hard one. Where there are several cores, and a device is waited for, it is a thread
/// more than they are: one that waits in a call, as for the blocks of an inode, leaves its core to that.
tree_limits limits_for_trees(unsigned jobs = 0) noexcept;

/// The same for a walk that only looks at what it finds: four threads more.
tree_limits limits_for_walks(unsigned jobs = 0) noexcept;

}  // namespace sluice::inline v0

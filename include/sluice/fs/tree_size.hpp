// How much lies in trees: the engine of du and traverse, on any space.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sluice/fs/link_set.hpp"
#include "sluice/fs/walk.hpp"

namespace sluice::inline v0 {

struct size_totals {
  std::uint64_t entries = 0;    // of any type
  std::uint64_t apparent = 0;   // bytes, as files tell their size
  std::uint64_t allocated = 0;  // bytes on the device

  size_totals() noexcept = default;
  explicit size_totals(const file_status& one) noexcept
      : entries(1), apparent(one.size), allocated(one.allocated) {}
  size_totals& operator+=(const size_totals& other) noexcept;
};

/// Totals that several threads add to.
class shared_totals {
 public:
  shared_totals() noexcept = default;
  explicit shared_totals(const size_totals& start) noexcept
      : entries_(start.entries), apparent_(start.apparent), allocated_(start.allocated) {}
  void add(const size_totals& more) noexcept;
  size_totals now() const noexcept;

 private:
  std::atomic<std::uint64_t> entries_ = 0;
  std::atomic<std::uint64_t> apparent_ = 0;
  std::atomic<std::uint64_t> allocated_ = 0;
};

/// A directory whose tree is being sized.
class sized_dir : public walk_dir {
 public:
  sized_dir(const dir& base, std::string path, const file_status& s)
      : walk_dir(base, std::move(path), open_mode::read | open_mode::no_follow, s),
        root_device_(s.device),
        totals_(size_totals(s)) {}
  sized_dir(sized_dir& above, std::string name, const file_status& s)
      : walk_dir(above, std::move(name), s),
        root_device_(above.root_device_),
        totals_(size_totals(s)) {}

  /// Of itself and what has been counted below; complete when it is left.
  size_totals totals() const noexcept { return totals_.now(); }
  sized_dir* above() const noexcept { return static_cast<sized_dir*>(parent.get()); }

 private:
  friend class tree_size;
  const std::uint64_t root_device_;
  shared_totals totals_;
  std::size_t operand_ = 0;
};

struct size_options {
  bool every_link = false;       // count a file again under each of its names
  bool one_file_system = false;  // nothing on other file systems than the operand's
  bool in_order = false;         // finish one operand before the next is begun
};

/// Sizes trees. Entries that can be reached twice (hard links, operands that overlap) count once,
/// for the first to be met. Derived classes hear what was counted: on any of the crew's threads,
/// about different directories at the same time.
class tree_size : private tree_visitor {
 public:
  explicit tree_size(const size_options& o) noexcept : options_(o) {}
  ~tree_size() override;

  /// Sizes these paths, relative to `base`, and gives the sum. Symbolic links count as themselves.
  /// The paths must not be empty and stay until it returns. Once for each object.
  size_totals run(const tree_limits& limits, crew& with, const dir& base,
                  std::span<const std::string> operands);

 protected:
  virtual std::shared_ptr<sized_dir> make_root(const dir& base, const std::string& path,
                                               const file_status& s);
  virtual std::shared_ptr<sized_dir> make_below(sized_dir& above, std::string name,
                                                const file_status& s);

  /// Before anything below the directory is told.
  virtual void entered(sized_dir&) {}
  /// Entries that were counted and are not directories.
  virtual void counted(sized_dir&, std::span<const walk_entry>) {}
  /// After everything below the directory has been told.
  virtual void left(sized_dir&) {}
  /// An operand that is not a directory.
  virtual void counted_operand(const std::string&, const file_status&) {}
  /// `stat`: it is not counted. `open` and `read`: a directory that is, without (all of) what is
  /// in it.
  virtual void failed(const std::string& path, walk_step step, const error& why) = 0;

 private:
  class operands_work;

  task<bool> enter(walk_dir& d, dir& open, worker& on) final;
  task<void> entries(walk_dir& d, dir& open, std::span<const walk_entry> some,
                     worker& on) final;
  std::shared_ptr<walk_dir> descend(walk_dir& d, const walk_entry& e) final;
  task<void> leave(walk_dir& d, worker& on) final;
  void failed(walk_dir& d, path_ref name, walk_step step, const error& why) final;

  task<void> take_operands(std::size_t next, worker& on);
  task<void> look_ahead();
  bool begin_operand(std::size_t i, const result<file_status>& found, worker& on);
  void count(sized_dir& d, std::span<const walk_entry> some);
  bool first_met(const file_status& s);
  static bool encloses_itself(const sized_dir& d, const file_status& below) noexcept;

  size_options options_;
  const dir* base_ = nullptr;
  std::span<const std::string> operands_;
  std::vector<result<file_status>> found_;  // of the operands, when there are several
  bool each_once_ = false;                  // operands may overlap
  link_set met_;
  link_set operand_files_;  // with one link only: found in no other way to be in a tree as well
  bool any_operand_file_ = false;
  shared_totals total_;
  std::optional<walker> walker_;
};

}  // namespace sluice::inline v0

// How much lies in trees: the engine of du and traverse, on any space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sluice/fs/link_set.hpp"
#include "sluice/fs/size_totals.hpp"
#include "sluice/fs/waiting_files.hpp"
#include "sluice/fs/walk.hpp"

namespace sluice::inline v0 {

class sized_dir;

/// A subdirectory whose turn has not come: see size_order::names.
struct waiting_dir {
  std::uint64_t place = 0;
  std::shared_ptr<sized_dir> it;
};

/// What waits from one place of a directory up to another.
struct waiting_names {
  std::uint64_t end = 0;
  bool all_there = false;
  std::size_t used = 0;  // of the subdirectories
  waiting_files files;
  std::vector<waiting_dir> dirs;

  bool empty() const noexcept { return files.empty() && dirs.empty(); }
  /// A subdirectory is to be told before the next file.
  bool dir_is_next() const noexcept {
    return used < dirs.size() && (files.empty() || dirs[used].place < files.next_place());
  }
};

/// A directory whose tree is being sized.
class sized_dir : public walk_dir {
 public:
  /// An operand; `follow`: it may be a link to a directory.
  sized_dir(const dir& base, std::string path, const file_status& s, size_time which, bool follow)
      : walk_dir(base, std::move(path),
                 follow ? open_mode::read : open_mode::read | open_mode::no_follow, s),
        root_device_(s.device),
        own_(size_totals(s, which)) {}
  sized_dir(sized_dir& above, const walk_entry& e, size_time which, bool follow)
      : walk_dir(above, std::string(e.name.c_str(), e.name.size()), *e.status, follow),
        root_device_(above.root_device_),
        place_(e.place),
        own_(size_totals(*e.status, which)) {}
  /// One that is asked when it is open.
  sized_dir(sized_dir& above, const walk_entry& e)
      : walk_dir(above, std::string(e.name.c_str(), e.name.size())),
        root_device_(above.root_device_),
        place_(e.place),
        counted_(false) {}

  /// Of itself and what has been counted below; complete when it is left.
  size_totals totals() const noexcept;
  /// The same without what its subdirectories are and hold.
  size_totals own_totals() const noexcept { return own_.now(); }
  sized_dir* above() const noexcept { return static_cast<sized_dir*>(parent.get()); }

 private:
  friend class tree_size;
  const std::uint64_t root_device_;
  const std::uint64_t place_ = 0;
  std::size_t operand_ = 0;
  shared_totals own_;
  shared_totals below_;
  bool counted_ = true;     // itself
  bool looked_up_ = false;  // whether it had been met before
  bool met_before_ = false;

  // Under the order's mutex.
  std::map<std::uint64_t, waiting_names> waiting_;
  std::uint64_t next_ = 0;  // the place whose turn it is
  bool complete_ = false;   // everything below has been walked
};

/// Which of a file's names it is counted for, and in which order things are told.
enum class size_order : std::uint8_t {
  none,      // any; at the same time about different directories
  operands,  // one operand after another, each as above
  names      // as when walked alone, each directory in its own order; one call at a time
};

struct size_options {
  bool every_link = false;       // count a file again under each of its names
  bool one_file_system = false;  // nothing on other file systems than the operand's
  bool follow_operands = false;  // operands that are symbolic links stand for what they point to
  bool follow = false;           // all symbolic links do. With size_order::names: for crews of one
  bool each_once = false;        // what can be reached in several ways, even with one operand
  bool filtered = false;         // ask skips()
  size_time time = size_time::none;
  size_order order = size_order::none;
  // With size_order::names, what is told one by one: directories down to this depth, files as well.
  std::size_t told_depth = 0;
  bool tell_files = false;
};

/// Sizes trees. Entries that can be reached twice (hard links, operands that overlap) count once,
/// for the first to be met. Derived classes hear what was counted: on any of the crew's threads,
/// about different directories at the same time.
class tree_size : private tree_visitor {
 public:
  explicit tree_size(const size_options& o) noexcept;
  ~tree_size() override;

  /// Sizes these paths, relative to `base`, and gives the sum.
  /// The paths must not be empty and stay until it returns. Once for each object.
  size_totals run(const tree_limits& limits, crew& with, const dir& base,
                  std::span<const std::string> operands);

 protected:
  /// Something that is not a directory, in one; told if size_options say so.
  virtual void counted(sized_dir&, const std::string& /*name*/, const size_totals&) {}
  /// After everything below the directory has been told.
  virtual void left(sized_dir&) {}
  /// An operand that is not a directory.
  virtual void counted_operand(const std::string&, const size_totals&) {}
  /// An operand, or a name in a directory, that is passed by as if it were not there. Any thread.
  virtual bool skips(const std::string& /*operand*/) { return false; }
  bool skips(walk_dir&, path_ref) override { return false; }
  /// How much has just been seen, for those who watch. Any thread.
  virtual void seen(sized_dir&, const size_totals&) {}
  /// `stat`: it is not counted. `open` and `read`: a directory that is, without (all of) what is
  /// in it. Any thread.
  virtual void failed(const std::string& path, walk_step step, const error& why) = 0;

 private:
  class operands_work;

  task<bool> enter(walk_dir& d, dir& open, worker& on) final;
  task<void> entries(walk_dir& d, dir& open, std::span<const walk_entry> some,
                     worker& on) final;
  std::shared_ptr<walk_dir> descend(walk_dir& d, const walk_entry& e) final;
  void shown(walk_dir& d, std::uint64_t first, std::uint64_t end) final;
  task<void> leave(walk_dir& d, worker& on) final;
  void failed(walk_dir& d, path_ref name, walk_step step, const error& why) final;

  task<void> take_operands(std::size_t next, worker& on);
  task<void> look_ahead();
  task<result<file_status>> look_at_operand(const std::string& path);
  bool begin_operand(std::size_t i, const result<file_status>& found, worker& on);
  void count(sized_dir& d, std::span<const walk_entry> some);
  bool tells_files_of(const sized_dir& d) const noexcept {
    return options_.tell_files && d.depth < options_.told_depth;
  }
  bool may_come_again(const file_status& s) const;
  bool met_before(sized_dir& d);
  void count_itself(sized_dir& d);
  bool encloses_itself(const sized_dir& d, const file_status& below) const noexcept;

  // In the order of names; all but the first two under the mutex.
  void wait(sized_dir& d, std::uint64_t first, waiting_files&& some);
  void end_in_order(sized_dir& d);
  void wait_in(sized_dir& d, std::uint64_t place, std::shared_ptr<sized_dir> below);
  void advance();
  bool tell_next(sized_dir& d);
  void end_turn(sized_dir& d);
  static void fold(sized_dir& d);
  static void forget_waiting(std::shared_ptr<sized_dir> root);

  size_options options_;
  stat_mask wanted_;
  lookup operand_lookup_;
  const dir* base_ = nullptr;
  std::span<const std::string> operands_;
  std::vector<result<file_status>> found_;  // of the operands, when there are several
  bool each_once_ = false;                  // things may be reached in several ways
  link_set met_;
  link_set operand_files_;  // with one link only: found in no other way to be in a tree as well
  bool any_operand_file_ = false;
  shared_totals total_;
  std::mutex order_;
  std::shared_ptr<sized_dir> turn_;  // the directory whose names are told
  std::optional<walker> walker_;
};

}  // namespace sluice::inline v0

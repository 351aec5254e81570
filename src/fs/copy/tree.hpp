// The walk that makes the same tree elsewhere, one operand after another.
#pragma once

#include <map>

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

/// Where it says so, what is copied for an operand.
struct tree_run {
  identity target_root;
  identity above_missing;  // the directory that the target would be made in
  std::uint64_t device = 0;
  std::string source, target;
  held_name made;            // what the target is, if nothing else is said
  std::vector<parent_made> parents;
  bool met_again = false;    // later operands' targets may lie below

  tree_run() noexcept {}
};

class tree_copier final : public tree_visitor {
 public:
  tree_copier(crew& c, const dir& from, const dir& to, const copy_options& o,
              std::span<const copy_operand> operands, std::size_t open_directories,
              copy_listener& l)
      : context_(o, operands, to, l, c.size()),
        from_(from),
        to_(to),
        walker_(c, *this,
                walk_options_for(o, open_directories - 2 * c.size() * opened_ahead(open_directories, c))) {
    context_.places = &walker_.places();
    context_.most_ahead = opened_ahead(open_directories, c);
  }

  /// Copies operands until one is a tree; when that has been left, goes on with the next.
  task<void> copy_operands(std::span<const copy_operand> operands, worker& on);
  bool any_failed() const noexcept { return context_.any_failed.load(); }

  task<bool> enter(walk_dir& d, dir& open, worker& on) override;
  task<void> entries(walk_dir& d, dir& open, std::span<const walk_entry> some,
                     worker& on) override;
  bool skips(walk_dir& d, path_ref name) override;
  std::shared_ptr<walk_dir> descend(walk_dir& d, const walk_entry& e) override;
  task<void> leave(walk_dir& d, worker& on) override;
  void failed(walk_dir& d, path_ref name, walk_step step, const error& why) override;

 private:
  static walk_options walk_options_for(const copy_options& o, std::size_t open_directories);
  /// So many files each worker may have opened ahead, of the descriptors that directories leave; or none.
  static std::size_t opened_ahead(std::size_t open_directories, const crew& c) noexcept;
  bool follows_all() const noexcept { return context_.options.follow == follow_links::always; }

  task<bool> copy_one(const copy_operand& o, worker& on);
  task<bool> copy_source(const copy_operand& o, const file_status& s, worker& on);
  task<bool> begin_tree(const copy_operand& o, const file_status& s, worker& on);
  task<std::string> target_of(const copy_operand& o, const file_status& s);
  bool was_copied(const copy_operand& o, const file_status& s);
  void forget_tree(const file_status& s);
  task<bool> bars_directory(std::string source, std::string target);
  task<void> refuse_again(copy_dir& d, const std::string& before);
  task<void> copy_entries(const std::shared_ptr<copy_dir>& d, const dir& from, const dir& to,
                          std::span<const walk_entry> some, worker& on);
  bool takes_turns(const copy_dir& d) const noexcept;
  task<void> look_for_default_acl(copy_dir& d);
  task<void> make_target(copy_dir& d);
  task<void> suppose_in(copy_dir& d, const dir& parent, path_ref name);
  task<void> make_in(copy_dir& d, const dir& parent, path_ref name);
  void plan_mode(copy_dir& d, std::uint16_t made, std::uint16_t withheld);
  task<void> remember_dir(copy_dir& d);
  task<void> finish_target(copy_dir& d);
  task<void> make_durable(copy_dir& d);
  task<bool> begin_run();
  task<bool> find_place(const copy_operand& o);
  task<void> prepare_place();
  task<void> finish_operand();
  task<void> end_run();

  context context_;
  const dir& from_;
  const dir& to_;
  walker walker_;
  bool begun_ = false;
  tree_run now_;
  std::span<const copy_operand> rest_;                  // after the tree at hand
  std::set<std::pair<std::string, identity>> sources_;  // operands seen
  std::map<identity, std::string> trees_;               // operands that are trees, and what they became
};

}  // namespace sluice::inline v0::copying

#include "sluice/fs/tree.hpp"

#include <mutex>

#include "sluice/sync.hpp"

namespace sluice::inline v0::fs {

namespace {

class gathering final : public copy_listener {
 public:
  std::vector<copy_problem> problems;

  void failed(const copy_problem& p) override { problems.push_back(p); }
  void copying(const std::string&, const std::string&, const std::string&) override {}
  void removed(const std::string&) override {}
};

class calling final : public tree_visitor {
 public:
  calling(const std::function<bool(const walked&)>& visit, bool follow) noexcept
      : visit_(visit), follow_(follow) {}

  task<bool> enter(walk_dir&, dir&, worker&) override { co_return true; }
  task<void> entries(walk_dir& d, dir&, std::span<const walk_entry> some, worker&) override {
    for (const walk_entry& e : some) {
      if (e.type != file_type::directory) visit_({&d, e.name, *e.status});
    }
    co_return;
  }
  std::shared_ptr<walk_dir> descend(walk_dir& d, const walk_entry& e) override {
    if (follow_ && is_above(d, *e.status)) {
      failed(d, e.name, walk_step::open, errc::too_many_links);
      return nullptr;
    }
    if (!visit_({&d, e.name, *e.status})) return nullptr;
    const std::string name(e.name.c_str(), e.name.size());
    return std::make_shared<walk_dir>(d, name, *e.status, follow_);
  }
  task<void> leave(walk_dir&, worker&) override { co_return; }
  void failed(walk_dir& d, path_ref name, walk_step step, const error& why) override {
    const std::lock_guard lock(mutex_);
    problems.push_back({d.where.path_of(name), step, why});
  }

  std::vector<walk_problem> problems;

 private:
  /// A link has led back.
  static bool is_above(const walk_dir& d, const file_status& s) noexcept {
    for (const walk_dir* up = &d; up != nullptr; up = up->parent.get()) {
      if (up->status.device == s.device && up->status.inode == s.inode) return true;
    }
    return false;
  }

  const std::function<bool(const walked&)>& visit_;
  const bool follow_;
  std::mutex mutex_;
};

}  // namespace

copy_options faithful() {
  copy_options how;
  how.recursive = true;
  how.follow = follow_links::never;
  how.preserve_mode = how.preserve_owner = how.preserve_times = true;
  how.preserve_links = how.preserve_xattrs = how.silent_xattrs = true;
  return how;
}

std::vector<copy_problem> copy_tree(const dir& from, const std::string& source, const dir& to,
                                    const std::string& target, const copy_options& how) {
  const tree_limits limits = limits_for_trees(how.in_order || how.dry_run ? 1 : 0);
  crew workers(limits.crew);
  gathering heard;
  const copy_operand one[] = {{source, target}};
  copy_trees(workers, from, to, one, how, limits.open_directories, heard);
  return std::move(heard.problems);
}

std::string walked::path() const {
  return in != nullptr ? in->where.path_of(name) : std::string(name.c_str(), name.size());
}

std::vector<walk_problem> walk(const dir& base, const std::string& path,
                               const std::function<bool(const walked&)>& visit,
                               const walk_options& how) {
  walk_options options = how;
  options.wanted |= stat_mask::type | stat_mask::inode;
  options.status_of_all = true;
  options.filtered = false;
  const lookup follow = how.follow ? lookup::follow : lookup::no_follow;
  const auto status = sync(base.stat(path, options.wanted, follow));
  if (!status) return {{path, walk_step::stat, status.error()}};
  const bool wanted = visit({nullptr, path, *status});
  if (!wanted || status->type != file_type::directory) return {};
  const tree_limits limits = limits_for_trees(how.in_order ? 1 : 0);
  crew workers(limits.crew);
  options.open_directories = limits.open_directories;
  calling visitor(visit, how.follow);
  walker all(workers, visitor, options);
  const open_mode mode = how.follow ? open_mode::read : open_mode::read | open_mode::no_follow;
  const std::shared_ptr<walk_dir> roots[] = {std::make_shared<walk_dir>(base, path, mode, *status)};
  all.run(roots);
  return std::move(visitor.problems);
}

}  // namespace sluice::inline v0::fs

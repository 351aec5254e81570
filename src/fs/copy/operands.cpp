// What the command names, one thing after another.
#include <algorithm>

#include "fs/copy/journal.hpp"
#include "fs/copy/paths.hpp"
#include "fs/copy/tree.hpp"

namespace sluice::inline v0 {

namespace copying {

namespace {

class operands_work final : public work {
 public:
  operands_work(tree_copier& t, std::span<const copy_operand> o) noexcept
      : copier_(t), operands_(o) {}
  task<void> run(worker& on) override { return copier_.copy_operands(operands_, on); }

 private:
  tree_copier& copier_;
  std::span<const copy_operand> operands_;
};

/// The names that lead there, as far as the words tell. (std::filesystem's paths would know, and bring
/// all of libstdc++'s locales into the tool, which doubles it.)
std::vector<std::string_view> names_in(std::string_view path) {
  std::vector<std::string_view> names;
  if (path.starts_with('/')) names.push_back("/");
  while (!path.empty()) {
    const std::size_t length = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, length);
    path.remove_prefix(std::min(length + 1, path.size()));
    if (name.empty() || name == ".") continue;
    if (name != ".." || names.empty() || names.back() == "..") {
      names.push_back(name);
    } else if (names.back() != "/") {
      names.pop_back();
    }
  }
  return names;
}

/// The same name, written another way.
bool same_path(const std::string& a, const std::string& b) { return names_in(a) == names_in(b); }

}  // namespace

/// False: a problem was reported, and nothing is copied.
task<bool> tree_copier::begin_run() {
  const copy_options& o = context_.options;
  if (begun_ || !o.resume) co_return true;
  begun_ = true;
  context_.journal = std::make_unique<journal>(o.journal, o.journal_base, o.durable);
  auto opening = context_.journal->open(context_);
  const bool open = co_await std::move(opening);
  co_return open;
}

/// After the last operand: what makes all of them durable, and then forgets that they were not.
task<void> tree_copier::end_run() {
  if (!context_.settles()) co_return;
  if (!context_.stopping()) {
    auto syncing = sync_later(context_);
    co_await std::move(syncing);
  }
  if (context_.options.verify) context_.listener.verified(context_.verified);
  if (!context_.journal) co_return;
  const bool all_done = !any_failed() && !context_.stopping();
  auto ending = context_.journal->end(context_, all_done);
  co_await std::move(ending);
}

/// The directory that the target is made in; all that follows lies there. False: a problem was reported.
task<bool> tree_copier::find_place(const copy_operand& o) {
  if (o.parents != 0) {
    auto making = make_parents(context_, from_, o, now_.parents);
    const bool made = co_await std::move(making);
    if (!made) co_return false;
  }
  held_name& h = now_.made;
  const std::size_t at = last_name_in(o.target);
  h.name = o.target.substr(at);
  if (!now_.parents.empty()) {
    h.above = now_.parents.back().at;
  } else if (at != 0) {
    h.above = &context_.targets.at(o.target.substr(0, at));
  }
  const bool again = !rest_.empty() || context_.settles();
  auto holding = hold(context_, h, again);
  co_await std::move(holding);
  co_return true;
}

/// What an earlier run left beside the target.
task<void> tree_copier::prepare_place() {
  if (!context_.journal || !context_.journal->resumed()) co_return;
  if (!context_.looked_for_stale.insert(now_.made.above).second) co_return;
  auto removing = remove_stale(context_, *now_.made.in);
  co_await std::move(removing);
}

task<void> tree_copier::finish_operand() {
  auto finishing = finish_parents(context_, from_, now_.parents);
  co_await std::move(finishing);
  let_go(context_, now_.made);
  if (!context_.options.durable || now_.target.empty()) co_return;
  context_.to_sync.insert(now_.made.above);
  for (const parent_made& p : now_.parents) {
    context_.to_sync.insert(p.at);
    if (p.fresh) context_.to_sync.insert(p.above);
  }
}

task<void> tree_copier::copy_operands(std::span<const copy_operand> operands, worker& on) {
  context_.flow.start();
  auto beginning = begin_run();
  const bool good = co_await std::move(beginning);
  while (good && !operands.empty() && !context_.stopping()) {
    const copy_operand& o = operands.front();
    operands = operands.subspan(1);
    rest_ = operands;
    auto one = copy_one(o, on);
    const bool tree_begun = co_await std::move(one);
    if (tree_begun) co_return;
    auto finishing = finish_operand();
    co_await std::move(finishing);
  }
  auto ending = end_run();
  co_await std::move(ending);
}

/// True: the walk of a tree has begun.
task<bool> tree_copier::copy_one(const copy_operand& o, worker& on) {
  const copy_options& options = context_.options;
  now_ = tree_run();
  if (options.filtered && context_.listener.skips(o.source)) co_return false;
  auto finding = find_place(o);
  const bool found = co_await std::move(finding);
  if (!found) co_return false;
  auto preparing = prepare_place();
  co_await std::move(preparing);
  const bool follow = options.follow != follow_links::never;
  result<file_status> s = std::unexpected(error(errc::not_found));
  if (!o.source.empty()) {
    s = co_await from_.stat(o.source, stat_mask::basic,
                            follow ? lookup::follow : lookup::no_follow);
  }
  if (!s) {
    context_.fail(copy_step::stat_source, o.source, o.target, s.error());
    co_return false;
  }
  auto copying_it = copy_source(o, *s, on);
  const bool begun = co_await std::move(copying_it);
  co_return begun;
}

task<bool> tree_copier::copy_source(const copy_operand& o, const file_status& s, worker& on) {
  const copy_options& options = context_.options;
  const bool is_tree = s.type == file_type::directory;
  if (is_tree && !options.recursive) {
    context_.fail(copy_step::omit_directory, o.source, o.target);
    co_return false;
  }
  if (options.no_collisions) {
    const bool first = sources_.emplace(o.source, identity_of(s)).second;
    if (!first && !is_tree && options.backup == backup_mode::none) {
      context_.warn(copy_step::repeated_file, o.source, o.target);
      co_return false;
    }
  }
  if (is_tree) {
    auto tree = begin_tree(o, s, on);
    const bool begun = co_await std::move(tree);
    co_return begun;
  }
  auto targeting = target_of(o, s);
  const std::string name = co_await std::move(targeting);
  const bool follow = options.follow != follow_links::never;
  item i(from_, o.source, *now_.made.in, name, follow, nullptr);
  i.above = now_.made.above;
  i.lane = &context_.lanes[on.index()];
  now_.target = i.target_path();
  auto copied = copy_item(context_, i, s.type, &s);
  co_await std::move(copied);
  co_return false;
}

/// The last name of the operand's own, but for a file that backs itself up: then it is the backup's.
task<std::string> tree_copier::target_of(const copy_operand& o, const file_status& s) {
  copy_options& options = context_.options;
  const bool backs_up = options.backs_up_itself && options.backup != backup_mode::none &&
                        o.source == o.target && s.type == file_type::regular;
  const held_name& h = now_.made;
  if (!backs_up) co_return h.name;
  auto naming = name_of_backup(context_, *h.in, h.name);
  std::string name = co_await std::move(naming);
  options.backup = backup_mode::none;
  co_return name;
}

/// A directory that was copied before: under this very name, or another, which no link can mean.
bool tree_copier::was_copied(const copy_operand& o, const file_status& s) {
  const auto [before, first] = trees_.emplace(identity_of(s), o.target);
  if (first) return false;
  if (same_path(before->second, o.target)) {
    context_.warn(copy_step::repeated_directory, o.source, o.target);
    return true;
  }
  if (context_.options.follow != follow_links::never) return false;
  context_.fail(copy_step::link_to_directory, before->second, o.target);
  return true;
}

/// It became nothing, so it may be copied again.
void tree_copier::forget_tree(const file_status& s) {
  const auto copied = trees_.find(identity_of(s));
  if (copied != trees_.end() && copied->second == now_.target) trees_.erase(copied);
}

/// Only a directory can be merged into.
task<bool> tree_copier::bars_directory(std::string source, std::string target) {
  auto looking = stat_supposed(context_, target);
  const auto there = co_await std::move(looking);
  const bool bars = there && there->type != file_type::directory;
  if (bars) context_.fail(copy_step::directory_over_other, source, target);
  co_return bars;
}

/// A directory in a tree that was an operand, too, and became `before`: no link can mean it.
task<void> tree_copier::refuse_again(copy_dir& d, const std::string& before) {
  d.is = copy_dir::state::failed;
  const std::string target = d.target.path();
  auto looking = bars_directory(d.where.path(), target);
  const bool barred = co_await std::move(looking);
  if (barred) co_return;
  if (same_path(before, target)) {
    context_.warn(copy_step::repeated_directory, now_.source, target);
  } else {
    context_.fail(copy_step::link_to_directory, before, target);
  }
}

task<bool> tree_copier::begin_tree(const copy_operand& o, const file_status& s, worker& on) {
  const bool follow = context_.options.follow != follow_links::never;
  result<file_status> there = std::unexpected(error(errc::not_found));
  const held_name& h = now_.made;
  if (!o.target.empty()) there = co_await h.in->stat(h.name, stat_mask::inode, lookup::follow);
  const bool same = there && identity_of(*there) == identity_of(s);
  const copy_options& options = context_.options;
  // All in it is what it is to become.
  const bool links_to_itself = same && options.kind == copy_kind::hard_link;
  if (same && !links_to_itself && options.overwrite != overwrite_mode::never) {
    context_.fail(copy_step::same_file, o.source, o.target);
    co_return false;
  }
  if (links_to_itself || trees_.contains(identity_of(s))) {
    auto looking = bars_directory(o.source, o.target);
    const bool barred = co_await std::move(looking);
    if (barred) co_return false;
  }
  if (links_to_itself || was_copied(o, s)) co_return false;
  now_.device = s.device;
  now_.source = o.source;
  now_.target = o.target;
  now_.met_again = std::ranges::any_of(rest_, [](const copy_operand& later) { return later.parents != 0; });
  auto root = std::make_shared<copy_dir>(from_, o.source, follow, to_, h.above, h.name, s);
  // Before the source is opened: not every file system shows what was made since, and where that is in the
  // source it has to be met.
  auto making = make_in(*root, *h.in, root->target.name());
  co_await std::move(making);
  if (root->is == copy_dir::state::failed) {
    forget_tree(s);
    co_return false;
  }
  walker_.add(on, std::move(root));
  co_return true;
}

task<void> tree_copier::leave(walk_dir& d, worker& on) {
  auto& both = static_cast<copy_dir&>(d);
  if (both.is == copy_dir::state::absent && !context_.stopping()) {
    // It could not be read. Its place is made all the same, as cp does.
    auto making = make_target(both);
    co_await std::move(making);
  }
  if (context_.supposed.on() && identity_of(d.status) == now_.above_missing) {
    context_.fail(copy_step::into_itself, now_.source, now_.target);  // as met in the true run
  }
  const bool there = both.is == copy_dir::state::made || both.is == copy_dir::state::merged;
  if (there && !context_.supposed.on()) {
    auto finishing = finish_target(both);
    co_await std::move(finishing);
    if (context_.options.durable && !context_.stopping()) {
      auto syncing = make_durable(both);
      co_await std::move(syncing);
    }
  }
  auto forgetting = walker_.places().forget(both.target);
  co_await std::move(forgetting);
  if (d.depth != 0) co_return;
  auto finishing_above = finish_operand();
  co_await std::move(finishing_above);
  on.of().add(on, std::make_unique<operands_work>(*this, rest_));
}

}  // namespace copying

bool copy_trees(crew& c, const dir& from, const dir& to, std::span<const copy_operand> operands,
                const copy_options& options, std::size_t open_directories,
                copy_listener& listener) {
  const copying::looked_at only_looked_at(to);
  const dir& target = options.dry_run ? only_looked_at.get() : to;
  copying::tree_copier copier(c, from, target, options, operands, open_directories, listener);
  c.run(std::make_unique<copying::operands_work>(copier, operands));
  return !copier.any_failed() && (options.stop == nullptr || !options.stop->requested());
}

}  // namespace sluice::inline v0

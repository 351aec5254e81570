// Copying directories: a walk that makes the same tree elsewhere.
#include "fs/copy/tree.hpp"

#include <algorithm>

#include "fs/copy/empty_files.hpp"
#include "fs/copy/journal.hpp"
#include "fs/copy/pair.hpp"
#include "fs/copy/paths.hpp"

namespace sluice::inline v0::copying {

namespace {

class dir_subject final : public subject {
 public:
  explicit dir_subject(const copy_dir& d) noexcept : of_(d) {}
  std::string source_path() const override { return of_.where.path(); }
  std::string target_path() const override { return of_.target.path(); }

 private:
  const copy_dir& of_;
};

/// An open directory, seen as a file for the sake of its attributes; the directory keeps it.
class seen_as_file {
 public:
  explicit seen_as_file(const dir* d) noexcept {
    if (d != nullptr) view_ = file(adopt, d->in(), d->id());
  }
  ~seen_as_file() {
    if (view_) view_.detach();
  }
  seen_as_file(const seen_as_file&) = delete;
  seen_as_file& operator=(const seen_as_file&) = delete;
  const file& get() const noexcept { return view_; }

 private:
  file view_;
};

}  // namespace

walk_options tree_copier::walk_options_for(const copy_options& o, std::size_t open_directories) {
  walk_options w;
  w.status_of_all = false;
  w.follow = o.follow == follow_links::always;
  w.wanted = stat_mask::basic;
  w.open_directories = open_directories;
  w.in_order = o.in_order || o.dry_run;
  w.filtered = o.filtered;
  return w;
}

std::size_t tree_copier::opened_ahead(std::size_t open_directories, const crew& c) noexcept {
  constexpr std::size_t enough = 192, few = 16;
  const std::size_t room = std::min<std::size_t>(enough, open_directories / 2 / (2 * c.size()));
  return room < few ? 0 : room;
}

task<bool> tree_copier::enter(walk_dir& d, dir&, worker&) {
  if (context_.stopping()) co_return false;
  auto& both = static_cast<copy_dir&>(d);
  if (both.is == copy_dir::state::absent) {  // an operand's is made by now
    auto making = make_target(both);
    co_await std::move(making);
  }
  if (both.is == copy_dir::state::failed) co_return false;
  if (context_.options.preserve_mode && !context_.supposed.on()) {
    auto looking = look_for_default_acl(both);
    co_await std::move(looking);
  }
  // A mount point is copied, what is mounted there is not.
  co_return !context_.options.one_file_system || d.status.device == now_.device;
}

/// Whether what is made in the target gets access control lists. A directory that we made in one
/// that gives none has none to give.
task<void> tree_copier::look_for_default_acl(copy_dir& d) {
  const auto* above = static_cast<const copy_dir*>(d.parent.get());
  d.given_acl = above == nullptr || d.is == copy_dir::state::merged || above->inherits_acl;
  if (!d.given_acl) co_return;
  auto pinning = walker_.places().pin(d.target);
  auto target = co_await std::move(pinning);
  if (!target) co_return;  // whoever needs it next will say so
  const path_ref itself;
  const std::span<std::byte> only_size;
  auto size = co_await (*target)->get_xattr(itself, "system.posix_acl_default", only_size);
  d.inherits_acl = size && *size > 0;
  walker_.places().unpin(d.target);
}

/// Makes a target directory below another, or finds one to merge into.
task<void> tree_copier::make_target(copy_dir& d) {
  const auto copied = trees_.find(identity_of(d.status));
  if (copied != trees_.end() && !follows_all()) {
    auto refusing = refuse_again(d, copied->second);
    co_await std::move(refusing);
    co_return;
  }
  if (static_cast<copy_dir&>(*d.parent).missing) {
    auto supposing = suppose_in(d, context_.supposed.absent(), d.target.name());
    co_await std::move(supposing);
    co_return;
  }
  place& above = static_cast<copy_dir&>(*d.parent).target;
  auto pinning = walker_.places().pin(above);
  auto parent = co_await std::move(pinning);
  if (!parent) {
    d.is = copy_dir::state::failed;
    context_.fail(dir_subject(d), copy_step::create_directory, parent.error());
    co_return;
  }
  auto making = make_in(d, **parent, d.target.name());
  co_await std::move(making);
  walker_.places().unpin(above);
}

task<void> tree_copier::make_in(copy_dir& d, const dir& parent, path_ref name) {
  if (context_.supposed.on()) {
    auto supposing = suppose_in(d, parent, name);
    co_await std::move(supposing);
    co_return;
  }
  const copy_options& o = context_.options;
  d.is = copy_dir::state::failed;
  // While it is filled only we need to get in; what others may do waits for the owner to be right.
  const std::uint16_t withheld = o.preserve_owner ? 077 : 022;
  const auto mode = static_cast<std::uint16_t>((d.status.mode & 01777 & ~withheld) | 0700);
  auto made = co_await parent.mkdir(name, mode);
  const auto* above = static_cast<const copy_dir*>(d.parent.get());
  const bool among_copies = above != nullptr && above->fresh;
  if (!made && (made.error() != errc::exists || among_copies)) {
    context_.fail(dir_subject(d), copy_step::create_directory, made.error());
    co_return;
  }
  auto found = co_await parent.stat(name, stat_mask::basic, lookup::no_follow);
  if (!found) {
    context_.fail(dir_subject(d), copy_step::stat_target, found.error());
    co_return;
  }
  if (found->type != file_type::directory) {
    context_.fail(dir_subject(d), copy_step::directory_over_other);
    co_return;
  }
  d.target.expect(found->device, found->inode);
  if (d.depth == 0) now_.target_root = identity_of(*found);
  if (now_.met_again) {
    const place* const in = above != nullptr ? &above->target : now_.made.above;
    if (in != nullptr) context_.targets.note(*in, last_name_of(name), d.target);
  }
  d.fresh = made.has_value();
  d.is = made ? copy_dir::state::made : copy_dir::state::merged;
  if (context_.journal) {
    auto remembering = remember_dir(d);
    co_await std::move(remembering);
  }
  if (context_.options.context_for) {
    const dir_subject about(d);
    auto labelling = label_empty_directory(context_, about, parent, name, d.fresh);
    co_await std::move(labelling);
  }
  if (d.is == copy_dir::state::merged) co_return;
  if (d.fresh) {
    context_.count_directory();
    context_.tell_copying(dir_subject(d));
  }
  // A default access control list stands in the umask's place: start from what the system made.
  d.mode_made = found->mode;
  if ((found->mode & 0700) != 0700) {
    // The umask takes away from us, too.
    d.mode_made = found->mode | 0700;
    auto opened_up = co_await parent.set_mode(name, d.mode_made, lookup::no_follow);
    if (!opened_up) context_.fail(dir_subject(d), copy_step::open_up, opened_up.error());
  }
  plan_mode(d, found->mode, withheld);
}

/// One that an earlier run made is still to become what it was made for.
task<void> tree_copier::remember_dir(copy_dir& d) {
  std::string key = context_.journal->key_of(d.target.path());
  if (d.fresh) {
    auto adding = context_.journal->add(context_, made_line(key));
    co_await std::move(adding);
    co_return;
  }
  if (context_.journal->before().made(key)) d.is = copy_dir::state::made;
  if (!context_.journal->resumed()) co_return;
  auto pinning = walker_.places().pin(d.target);
  auto target = co_await std::move(pinning);
  if (!target) co_return;  // whoever needs it next will say so
  auto removing = remove_stale(context_, **target);
  co_await std::move(removing);
  walker_.places().unpin(d.target);
}

/// In a dry run.
task<void> tree_copier::suppose_in(copy_dir& d, const dir& parent, path_ref name) {
  d.is = copy_dir::state::failed;
  const std::string path = d.target.path();
  const file_status* supposed = context_.supposed.find(path);
  result<file_status> found = std::unexpected(error(errc::not_found));
  if (supposed != nullptr) {
    found = *supposed;
  } else {
    found = co_await parent.stat(name, stat_mask::basic, lookup::no_follow);
  }
  d.missing = !found || supposed != nullptr;
  if (!found && found.error() != errc::not_found) {
    context_.fail(dir_subject(d), copy_step::create_directory, found.error());
    co_return;
  }
  if (found && found->type != file_type::directory) {
    context_.fail(dir_subject(d), copy_step::directory_over_other);
    co_return;
  }
  if (found) {
    if (!d.missing) d.target.expect(found->device, found->inode);
    if (d.depth == 0) now_.target_root = identity_of(*found);
    d.is = copy_dir::state::merged;
    co_return;
  }
  if (d.depth == 0) {
    const std::string above = directory_of(name);
    auto there = co_await parent.stat(above, stat_mask::inode, lookup::follow);
    if (!there && context_.supposed.find(directory_of(path)) == nullptr) {
      context_.fail(dir_subject(d), copy_step::create_directory, there.error());
      co_return;
    }
    if (there) now_.above_missing = identity_of(*there);
  }
  d.is = copy_dir::state::made;
  context_.count_directory();
  context_.tell_copying(dir_subject(d));
  if (d.depth == 0 || context_.supposed.remembers_all()) context_.supposed.suppose(path, d.status);
}

/// What it shall have afterwards, where modes are not preserved: what the system made, less what
/// was lent, and what was withheld.
void tree_copier::plan_mode(copy_dir& d, std::uint16_t made, std::uint16_t withheld) {
  const int allowed = ~context_.options.umask;
  const int lent = 0700 & ~d.status.mode;
  const int returned = withheld & d.status.mode & allowed;
  const int after_source = (made & ~lent) | returned;
  const int plain = (made & 07000) | (0777 & allowed);
  d.mode_final = static_cast<std::uint16_t>(context_.options.plain_mode ? plain : after_source);
}

task<void> tree_copier::entries(walk_dir& d, dir& open, std::span<const walk_entry> some,
                                worker& on) {
  auto both = std::static_pointer_cast<copy_dir>(d.shared_from_this());
  if (both->missing) {
    auto copying_some = copy_entries(both, open, context_.supposed.absent(), some, on);
    co_await std::move(copying_some);
    co_return;
  }
  auto pinning = walker_.places().pin(both->target);
  auto pinned = co_await std::move(pinning);
  if (!pinned) {
    context_.fail(dir_subject(*both), copy_step::open_target, pinned.error());
    co_return;
  }
  auto copying_some = copy_entries(both, open, **pinned, some, on);
  co_await std::move(copying_some);
  walker_.places().unpin(both->target);
}

task<void> tree_copier::copy_entries(const std::shared_ptr<copy_dir>& d, const dir& from,
                                     const dir& to, std::span<const walk_entry> some, worker& on) {
  full_files later(context_);
  empty_files empty(context_, *d);
  const bool in_turns = takes_turns(*d);
  for (const walk_entry& e : some) {
    if (e.type == file_type::directory) continue;
    item i(from, e.name, to, e.name, follows_all(), d);
    i.lane = &context_.lanes[on.index()];
    i.later = &later;
    auto copying_it = in_turns && e.type == file_type::regular ? empty.copy(i)
                                                               : copy_item(context_, i, e.type, e.status);
    co_await std::move(copying_it);
  }
  if (in_turns) {
    auto making = empty.make();
    co_await std::move(making);
  }
  if (later.empty()) co_return;
  auto settling = later.settle();
  co_await std::move(settling);
}

/// Several workers fill a directory in which nothing stands yet.
bool tree_copier::takes_turns(const copy_dir& d) const noexcept {
  const copy_options& o = context_.options;
  return d.shared() && d.fresh && context_.most_ahead != 0 && o.kind == copy_kind::whole &&
         !o.preserve_context && !context_.settles() && !context_.supposed.on();
}

bool tree_copier::skips(walk_dir& d, path_ref name) {
  return context_.listener.skips(d.where.path_of(name));
}

std::shared_ptr<walk_dir> tree_copier::descend(walk_dir& d, const walk_entry& e) {
  auto& above = static_cast<copy_dir&>(d);
  if (context_.stopping()) return nullptr;
  const identity who = identity_of(*e.status);
  if (who == now_.target_root) {
    context_.fail(copy_step::into_itself, now_.source, now_.target);
    return nullptr;
  }
  const std::string name(e.name.c_str(), e.name.size());
  auto below = std::make_shared<copy_dir>(above, name, *e.status, follows_all());
  if (follows_all()) {
    for (const walk_dir* up = &d; up != nullptr; up = up->parent.get()) {
      if (identity_of(up->status) != who) continue;
      context_.fail(dir_subject(*below), copy_step::cyclic_link);
      return nullptr;
    }
  }
  return below;
}

/// What a directory gets once nothing in it changes any more.
task<void> tree_copier::finish_target(copy_dir& d) {
  const copy_options& o = context_.options;
  const bool fresh = d.is == copy_dir::state::made;
  const bool keeps = o.preserve_mode || o.preserve_owner || o.preserve_times || o.preserve_xattrs ||
                     context_.sets_contexts();
  if (!keeps && !(fresh && d.mode_made != d.mode_final)) co_return;
  const dir_subject about(d);
  auto pinning_target = walker_.places().pin(d.target);
  auto target = co_await std::move(pinning_target);
  if (!target) {
    context_.fail(about, copy_step::set_mode, target.error());
    co_return;
  }
  dir* source = nullptr;
  if (o.preserve_mode || o.preserve_xattrs || o.preserve_context) {
    auto pinning_source = walker_.places().pin(d.where);
    auto pinned = co_await std::move(pinning_source);
    if (pinned) source = *pinned;
  }
  target_state t;
  t.fresh = fresh;
  t.inherits_acl = d.given_acl;
  t.directory = true;
  t.mode_now = d.mode_made;
  t.mode_final = d.mode_final;
  {
    const seen_as_file from(source);
    const seen_as_file to(*target);
    auto preserving = copy_attributes(context_, about, from.get(), to.get(), d.status, t);
    co_await std::move(preserving);
  }
  if (source != nullptr) walker_.places().unpin(d.where);
  walker_.places().unpin(d.target);
}

/// What is in it, and what it is; its own name is in the one above.
task<void> tree_copier::make_durable(copy_dir& d) {
  auto pinning = walker_.places().pin(d.target);
  auto target = co_await std::move(pinning);
  result<void> synced = target ? result<void>() : result<void>(std::unexpect, target.error());
  if (target) {
    auto syncing = sync_dir(**target);
    synced = co_await std::move(syncing);
    walker_.places().unpin(d.target);
  }
  if (!synced) {
    context_.fail(dir_subject(d), copy_step::sync_directory, synced.error());
    co_return;
  }
  auto noting = note_synced(context_, d.target.path());
  co_await std::move(noting);
}

void tree_copier::failed(walk_dir& d, path_ref name, walk_step step, const error& why) {
  const auto& both = static_cast<copy_dir&>(d);
  const auto what = step == walk_step::stat ? copy_step::stat_source : copy_step::read_directory;
  context_.fail(what, both.where.path_of(name), both.target.path_of(name), why);
}

}  // namespace sluice::inline v0::copying

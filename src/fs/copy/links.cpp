// Hard links: further names of what has been copied, and links made instead of copies.
#include "fs/copy/aside.hpp"
#include "fs/copy/paths.hpp"

namespace sluice::inline v0::copying {

namespace {

task<result<void>> link_at(const dir& there, path_ref existing, const item& i, lookup how,
                           path_ref at) {
  auto linked = co_await there.link(existing, i.to, at, how);
  if (linked || linked.error() != errc::cross_device) co_return linked;
  // A directory that can't be had has nothing in common with any other; it knows why.
  const path_ref itself;
  auto asked = co_await i.to.stat(itself, stat_mask::inode);
  if (!asked) linked = std::unexpected(asked.error());
  co_return linked;
}

/// Puts a link where something stands.
task<result<void>> replace_by_link(context& c, const dir& there, path_ref existing, const item& i,
                                   lookup how) {
  const auto make = [&there, existing, &i, how](path_ref at) {
    return link_at(there, existing, i, how, at);
  };
  auto replacing = replace_target(c, i, make);
  auto replaced = co_await std::move(replacing);
  co_return replaced;
}

/// Where trees are merged, another name of a source may become the very name that was made: there is
/// nothing to replace it by.
task<bool> is_that_name(const item& i, const dir& there, const std::string& made) {
  if (last_name_of(made) != last_name_of(i.target_name)) co_return false;
  const std::string above_made = directory_of(made);
  const std::string above_target = directory_of(i.target_name);
  auto first = co_await there.stat(above_made, stat_mask::inode);
  auto found = co_await i.to.stat(above_target, stat_mask::inode);
  co_return first && found && identity_of(*first) == identity_of(*found);
}

/// With `atomic`: it is one of its names already, since an earlier run of this copy.
task<bool> is_linked(const context& c, const item& i, const dir& there, const std::string& made) {
  if (!c.options.atomic) co_return false;
  auto first = co_await there.stat(made, stat_mask::inode, lookup::no_follow);
  auto found = co_await i.to.stat(i.target_name, stat_mask::inode, lookup::no_follow);
  co_return first && found && identity_of(*first) == identity_of(*found);
}

/// Where names are replaced at once, this one is known for one of ours.
task<void> note_link(context& c, const item& i) {
  if (!c.options.atomic) co_return;
  auto is = co_await i.to.stat(i.target_name, stat_mask::inode, lookup::no_follow);
  if (is) c.note_linked(*is);
}

/// Links to what was made, in the place of what may stand there, unless that stays.
task<result<void>> link_to_made(context& c, const item& i, const file_status& s, const dir& there,
                                const std::string& made) {
  auto linked = co_await there.link(made, i.to, i.target_name);
  const bool stands = !linked && linked.error() == errc::exists;
  if (stands) {
    auto asking = is_that_name(i, there, made);
    bool is_there = co_await std::move(asking);
    if (!is_there) {
      auto comparing = is_linked(c, i, there, made);
      is_there = co_await std::move(comparing);
    }
    if (is_there) {
      auto leaving = leave_as_it_is(c, i);
      co_await std::move(leaving);
      co_return result<void>();
    }
  }
  if (linked) {
    auto noting = note_link(c, i);
    co_await std::move(noting);
    c.tell_copying(i);
  }
  if (linked || !stands) co_return linked;
  const bool bytes = s.type == file_type::regular;
  auto judging_it = judge_target(c, i, s, bytes ? judging::by_bytes : judging::by_name);
  const verdict v = co_await std::move(judging_it);
  if (v == verdict::skip) co_return result<void>();
  if (v != verdict::kept) c.tell_copying(i, i.backup_path());
  linked = co_await there.link(made, i.to, i.target_name);
  if (linked || linked.error() != errc::exists) co_return linked;
  auto replacing = replace_by_link(c, there, made, i, lookup::no_follow);
  linked = co_await std::move(replacing);
  if (!linked) co_return linked;
  auto noting = note_link(c, i);
  co_await std::move(noting);
  c.tell_removed(i);
  co_return linked;
}

/// Another name of what has been copied becomes a link.
task<void> make_link(context& c, const item& i, const file_status& s, link_table::entry& made) {
  result<dir*> pinned = nullptr;
  if (made.above != nullptr) {
    auto pinning = c.places->pin(*made.above);
    pinned = co_await std::move(pinning);
  }
  result<void> linked = pinned ? result<void>() : result<void>(std::unexpect, pinned.error());
  if (pinned) {
    const dir& there = *pinned != nullptr ? **pinned : c.target_base;
    auto linking = link_to_made(c, i, s, there, made.name);
    linked = co_await std::move(linking);
  }
  if (made.above != nullptr && pinned) c.places->unpin(*made.above);
  if (linked) co_return;
  c.fail(copy_step::create_link, made.path(), i.target_path(), linked.error());
  auto restoring = restore_backup(c, i);
  co_await std::move(restoring);
}

}  // namespace

task<void> leave_as_it_is(context& c, const item& i) {
  if (c.options.overwrite == overwrite_mode::never) co_return;
  if (c.options.overwrite == overwrite_mode::ask) {
    auto there = co_await i.to.stat(i.target_name, stat_mask::basic, lookup::no_follow);
    if (there && !c.may_overwrite(i, *there)) co_return;
  }
  c.tell_copying(i);
}

task<bool> linked_to_first(context& c, const item& i, const file_status& s, link_lead& leads) {
  const bool candidate = s.links > 1 || i.follow;
  if (!c.options.preserve_links || !candidate) co_return false;
  for (;;) {
    const link_table::claim claim = c.links.ask(s.device, s.inode);
    if (claim.first) {
      leads.take(c.links, *claim.of);
      co_return false;
    }
    link_table::waiter made(c.links, *claim.of);
    const bool there = co_await made;
    if (!there) continue;
    auto linking = c.supposed.on() ? suppose_link(c, i, s, *claim.of) : make_link(c, i, s, *claim.of);
    co_await std::move(linking);
    co_return true;
  }
}

task<outcome> link_instead(context& c, const item& i, const file_status& s) {
  const lookup how = i.follow ? lookup::follow : lookup::no_follow;
  auto linking = link_at(i.from, i.name, i, how, i.target_name);
  auto linked = co_await std::move(linking);
  if (!linked && linked.error() == errc::exists) {
    auto judging_it = judge_target(c, i, s, judging::by_name);
    const verdict v = co_await std::move(judging_it);
    if (v == verdict::kept) co_return outcome::kept;
    if (v == verdict::skip) co_return outcome::none;
    c.tell_copying(i, i.backup_path());
    linked = co_await i.from.link(i.name, i.to, i.target_name, how);
    const bool replaces = c.options.force || c.options.overwrite == overwrite_mode::ask;
    if (!linked && linked.error() == errc::exists && replaces) {
      auto replacing = replace_by_link(c, i.from, i.name, i, how);
      linked = co_await std::move(replacing);
    }
  } else {
    c.tell_copying(i);
  }
  if (linked) co_return outcome::made;
  c.fail(copy_step::create_link, i.source_path(), i.target_path(), linked.error());
  auto restoring = restore_backup(c, i);
  co_await std::move(restoring);
  co_return outcome::none;
}

}  // namespace sluice::inline v0::copying

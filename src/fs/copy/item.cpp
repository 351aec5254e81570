// Copying one thing: a file, a link, a special file.
#include "fs/copy/context.hpp"
#include "sluice/io/stream.hpp"

namespace sluice::inline v0::copying {

namespace {

/// A regular file's copy, while it is being made.
struct pair_of_files {
  file from, to;
  file_status status;
  bool fresh = false;          // the target was made just now
  bool seekable = true;        // both sides have offsets
  link_table::entry* leads = nullptr;

  pair_of_files() noexcept {}
};

task<bool> open_source(context& c, const item& i, pair_of_files& p) {
  const bool as_tree = c.options.recursive;
  open_mode how = open_mode::read;
  if (!i.follow) how |= open_mode::no_follow;
  if (!as_tree) how |= open_mode::wait_for_peer;
  auto opened = co_await i.from.open(i.name, how);
  if (!opened) {
    c.tell_copying(i);
    c.fail(i, copy_step::open_source, opened.error());
    co_return false;
  }
  p.from = std::move(*opened);
  auto status = co_await p.from.stat();
  if (!status) {
    c.fail(i, copy_step::stat_source, status.error());
    co_return false;
  }
  p.status = *status;
  p.seekable = p.status.type == file_type::regular;
  if (as_tree && !p.seekable) {
    c.fail(i, copy_step::replaced_source);
    co_return false;
  }
  co_return true;
}

std::uint16_t mode_to_make(const context& c, const file_status& s) noexcept {
  // Nobody else may look before the owner is right.
  return s.mode & (c.options.preserve_owner ? 0700 : 0777);
}

/// A name that ends in a slash asks for a directory; there is none, and we don't make one.
void fail_to_create(context& c, const item& i, const error& why) {
  const std::size_t n = i.target_name.size();
  const bool slash = n > 0 && i.target_name.c_str()[n - 1] == '/';
  const bool wants_directory = slash && why == errc::is_directory;
  c.fail(i, copy_step::create_file, wants_directory ? error(errc::not_directory) : why);
}

task<bool> create_target(context& c, const item& i, pair_of_files& p) {
  const open_mode how = open_mode::write | open_mode::create | open_mode::exclusive;
  auto made = co_await i.to.open(i.target_name, how, mode_to_make(c, p.status));
  if (!made) {
    fail_to_create(c, i, made.error());
    co_return false;
  }
  p.to = std::move(*made);
  p.fresh = true;
  co_return true;
}

/// Opens what stands there, emptied; with `force`, what can't be opened is replaced.
task<bool> reopen_target(context& c, const item& i, pair_of_files& p) {
  const open_mode how = open_mode::write | open_mode::truncate | open_mode::wait_for_peer;
  auto opened = co_await i.to.open(i.target_name, how);
  if (opened) {
    p.to = std::move(*opened);
    auto now = co_await p.to.stat(stat_mask::type);
    if (now && now->type != file_type::regular) p.seekable = false;
    co_return true;
  }
  if (!c.options.force) {
    c.fail(i, copy_step::open_target, opened.error());
    co_return false;
  }
  auto gone = co_await i.to.unlink(i.target_name);
  if (!gone && gone.error() != errc::not_found) {
    c.fail(i, copy_step::remove_target, gone.error());
    co_return false;
  }
  c.tell_removed(i);
  auto creating = create_target(c, i, p);
  const bool created = co_await std::move(creating);
  co_return created;
}

task<bool> open_target(context& c, const item& i, pair_of_files& p) {
  const open_mode how = open_mode::write | open_mode::create | open_mode::exclusive;
  auto made = co_await i.to.open(i.target_name, how, mode_to_make(c, p.status));
  if (made) {
    p.to = std::move(*made);
    p.fresh = true;
    c.tell_copying(i);
    co_return true;
  }
  if (made.error() != errc::exists) {
    fail_to_create(c, i, made.error());
    co_return false;
  }
  auto judging = judge_target(c, i, p.status, true);
  const verdict v = co_await std::move(judging);
  if (v == verdict::skip) co_return false;
  c.tell_copying(i);
  auto opening = v == verdict::create ? create_target(c, i, p) : reopen_target(c, i, p);
  const bool opened = co_await std::move(opening);
  co_return opened;
}

task<void> fill_target(context& c, const item& i, pair_of_files& p) {
  auto copying_bytes = p.seekable ? copy_data(c, i, p.from, p.to, p.status)
                                  : copy_until_end(c, i, p.from, p.to);
  const bool copied = co_await std::move(copying_bytes);
  if (!copied) co_return;
  target_state t;
  t.fresh = p.fresh;
  t.inherits_acl = i.inherits_acl();
  const auto allowed = static_cast<std::uint16_t>(~c.options.umask);
  t.mode_now = mode_to_make(c, p.status) & allowed;
  t.mode_final = p.status.mode & 0777 & allowed;
  auto preserving = copy_attributes(c, i, p.from, p.to, p.status, t);
  co_await std::move(preserving);
}

task<void> close_both(context& c, const item& i, pair_of_files& p) {
  if (p.to) {
    auto closed = co_await p.to.close();
    if (!closed) c.fail(i, copy_step::write_target, closed.error());
  }
  if (p.from) {
    auto closed = co_await p.from.close();
    static_cast<void>(closed);  // it was only read
  }
}

/// Where trees are merged, another name of a source may become the very name that was made.
task<bool> is_that_link(const item& i, const dir& there, const std::string& made) {
  auto first = co_await there.stat(made, stat_mask::inode, lookup::no_follow);
  auto found = co_await i.to.stat(i.target_name, stat_mask::inode, lookup::no_follow);
  co_return first && found && identity_of(*first) == identity_of(*found);
}

/// Puts the link in the place of what stands there, unless that is to stay.
task<result<void>> replace_by_link(context& c, const item& i, const file_status& s,
                                   const dir& there, const std::string& made) {
  auto asking = is_that_link(i, there, made);
  const bool is_there = co_await std::move(asking);
  if (is_there) co_return result<void>();
  auto judging = judge_target(c, i, s, false);
  const verdict v = co_await std::move(judging);
  if (v != verdict::create) co_return result<void>();
  auto linked = co_await there.link(made, i.to, i.target_name);
  co_return linked;
}

/// Another name of what has been copied becomes a link. False: copy it after all.
task<bool> make_link(context& c, const item& i, const file_status& s, link_table::entry& made) {
  result<dir*> pinned = nullptr;
  open_places* places = nullptr;
  if (made.in) {
    places = c.places;
    auto pinning = places->pin(made.in->target);
    pinned = co_await std::move(pinning);
  }
  result<void> linked = pinned ? result<void>() : result<void>(std::unexpect, pinned.error());
  if (pinned) {
    const dir& there = *pinned != nullptr ? **pinned : c.target_base;
    linked = co_await there.link(made.name, i.to, i.target_name);
    if (!linked && linked.error() == errc::exists) {
      auto replacing = replace_by_link(c, i, s, there, made.name);
      linked = co_await std::move(replacing);
    }
  }
  if (places != nullptr && pinned) places->unpin(made.in->target);
  if (linked) {
    c.tell_copying(i);
    co_return true;
  }
  const std::string first = made.in ? made.in->target.path_of(made.name) : made.name;
  c.fail(copy_step::create_link, first, i.target_path(), linked.error());
  co_return false;
}

/// Whether this inode was copied under another name, and then what is to be done; on the way, the
/// one who is first takes the lead.
task<bool> linked_to_first(context& c, const item& i, const file_status& s,
                           link_table::entry*& leads) {
  const bool candidate = s.links > 1 || c.options.follow != follow_links::never;
  if (!c.options.preserve_links || !candidate) co_return false;
  for (;;) {
    const link_table::claim claim = c.links.ask(s.device, s.inode);
    if (claim.first) {
      leads = claim.of;
      co_return false;
    }
    link_table::waiter made(c.links, *claim.of);
    const bool there = co_await made;
    if (!there) continue;
    auto linking = make_link(c, i, s, *claim.of);
    const bool linked = co_await std::move(linking);
    co_return linked;
  }
}

void settle_lead(context& c, const item& i, link_table::entry* leads, bool made) {
  if (leads == nullptr) return;
  if (made) {
    c.links.made(*leads, i.in, std::string(i.target_name.c_str(), i.target_name.size()));
  } else {
    c.links.given_up(*leads);
  }
}

task<void> copy_file(context& c, const item& i) {
  pair_of_files p;
  auto opening = open_source(c, i, p);
  const bool opened = co_await std::move(opening);
  bool settled = false;
  if (opened) {
    auto linking = linked_to_first(c, i, p.status, p.leads);
    settled = co_await std::move(linking);
  }
  if (opened && !settled) {
    auto targeting = open_target(c, i, p);
    const bool ready = co_await std::move(targeting);
    settle_lead(c, i, p.leads, ready);
    if (ready) {
      auto filling = fill_target(c, i, p);
      co_await std::move(filling);
    }
  }
  auto closing = close_both(c, i, p);
  co_await std::move(closing);
}

/// Makes a link or a special file; whatever stands there makes way, if it may.
template <class Make>
task<bool> make_by_name(context& c, const item& i, const file_status& s, copy_step step,
                        Make make) {
  auto making = make();
  result<void> made = co_await std::move(making);
  if (!made && made.error() == errc::exists) {
    auto judging = judge_target(c, i, s, false);
    const verdict v = co_await std::move(judging);
    if (v != verdict::create) co_return false;
    auto again = make();
    made = co_await std::move(again);
  }
  if (!made) {
    c.fail(i, step, made.error());
    co_return false;
  }
  c.tell_copying(i);
  co_return true;
}

task<result<void>> make_symlink(const item& i, const std::string& text) {
  auto made = co_await i.to.symlink(text, i.target_name);
  co_return made;
}

task<result<void>> make_special(const item& i, const file_status& s, std::uint16_t mode) {
  auto made = co_await i.to.mknod(i.target_name, s.type, mode, s.special_device);
  co_return made;
}

task<bool> copy_symlink(context& c, const item& i, const file_status& s) {
  std::string text(s.size + 1, '\0');
  for (;;) {
    auto read = co_await i.from.readlink(i.name, text);
    if (!read) {
      c.fail(i, copy_step::read_link, read.error());
      co_return false;
    }
    if (*read < text.size()) {
      text.resize(*read);
      break;
    }
    text.resize(text.size() * 2);  // it was cut: /proc tells sizes of 0
  }
  const auto make = [&i, &text] { return make_symlink(i, text); };
  auto making = make_by_name(c, i, s, copy_step::create_symlink, make);
  const bool made = co_await std::move(making);
  co_return made;
}

task<bool> copy_special(context& c, const item& i, const file_status& s) {
  const std::uint16_t mode = mode_to_make(c, s);
  const auto make = [&i, &s, mode] { return make_special(i, s, mode); };
  auto making = make_by_name(c, i, s, copy_step::create_special, make);
  const bool made = co_await std::move(making);
  co_return made;
}

}  // namespace

task<void> copy_item(context& c, const item& i, file_type type, const file_status* known) {
  const bool contents = type == file_type::regular ||
                        (!c.options.recursive && type != file_type::symlink);
  if (contents) {
    auto whole = copy_file(c, i);
    co_await std::move(whole);
    co_return;
  }
  file_status s;
  if (known != nullptr && any(known->have & stat_mask::modified)) {
    s = *known;
  } else {
    auto asked = co_await i.from.stat(i.name, stat_mask::basic,
                                      i.follow ? lookup::follow : lookup::no_follow);
    if (!asked) {
      c.fail(i, copy_step::stat_source, asked.error());
      co_return;
    }
    s = *asked;
  }
  link_table::entry* leads = nullptr;
  auto linking = linked_to_first(c, i, s, leads);
  const bool linked = co_await std::move(linking);
  if (linked) co_return;
  auto making = s.type == file_type::symlink ? copy_symlink(c, i, s) : copy_special(c, i, s);
  const bool made = co_await std::move(making);
  settle_lead(c, i, leads, made);
  if (made) {
    auto preserving = copy_attributes_by_name(c, i, s);
    co_await std::move(preserving);
  }
}

task<verdict> judge_target(context& c, const item& i, const file_status& source,
                           bool can_rewrite) {
  auto there = co_await i.to.stat(i.target_name, stat_mask::basic, lookup::no_follow);
  if (!there && there.error() == errc::not_found) co_return verdict::create;
  if (!there) {
    c.fail(i, copy_step::stat_target, there.error());
    co_return verdict::skip;
  }
  if (c.options.overwrite == overwrite_mode::never) co_return verdict::skip;
  if (there->type == file_type::directory) {
    c.fail(i, copy_step::other_over_directory);
    co_return verdict::skip;
  }
  file_status reached = *there;
  if (there->type == file_type::symlink && can_rewrite) {
    auto beyond = co_await i.to.stat(i.target_name, stat_mask::basic, lookup::follow);
    if (!beyond) {
      const bool dangling = beyond.error() == errc::not_found;
      c.fail(i, dangling ? copy_step::dangling_target : copy_step::stat_target, beyond.error());
      co_return verdict::skip;
    }
    reached = *beyond;
  }
  bool same = identity_of(reached) == identity_of(source);
  if (source.type == file_type::symlink && !same) {
    // A link in the place of what it points to would point to itself.
    auto beyond = co_await i.from.stat(i.name, stat_mask::inode, lookup::follow);
    same = beyond && identity_of(*beyond) == identity_of(reached);
  }
  if (same) {
    c.fail(i, copy_step::same_file);
    co_return verdict::skip;
  }
  if (c.options.overwrite == overwrite_mode::if_older && reached.modified >= source.modified) {
    co_return verdict::skip;
  }
  if (can_rewrite && !(c.options.preserve_links && reached.links > 1)) co_return verdict::rewrite;
  auto gone = co_await i.to.unlink(i.target_name);
  if (!gone && gone.error() != errc::not_found) {
    c.fail(i, copy_step::remove_target, gone.error());
    co_return verdict::skip;
  }
  c.tell_removed(i);
  co_return verdict::create;
}

}  // namespace sluice::inline v0::copying

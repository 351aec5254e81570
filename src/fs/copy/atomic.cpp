// Copies that get their names when they are whole.
#include <cerrno>

#include "core/system_error.hpp"
#include "fs/copy/pair.hpp"
#include "fs/copy/paths.hpp"

namespace sluice::inline v0::copying {

namespace {

/// The path at the end of symbolic links: one that is no link, or is not there.
task<result<std::string>> follow_to_end(const dir& in, std::string path) {
  constexpr unsigned most = 40;  // as the system's
  std::string text;
  for (unsigned n = 0; n < most; ++n) {
    text.resize(4096);
    auto read = co_await in.readlink(path, text);
    if (!read) {
      const bool ended = read.error() == errc::invalid || read.error() == errc::not_found;
      if (ended) co_return path;
      co_return std::unexpected(read.error());
    }
    text.resize(*read);
    path = text.starts_with('/') ? text : path.substr(0, path.rfind('/') + 1) + text;
  }
  co_return std::unexpected(system_error(-ELOOP));
}

/// Whether what stands there may be replaced, and is what would be written to. False: a problem was
/// reported.
task<bool> look_at_old(context& c, const item& i, aside& a) {
  auto there = co_await a.in(i).stat(a.name, stat_mask::basic, lookup::no_follow);
  if (!there && there.error() == errc::not_found) co_return true;  // to be made, behind a link
  if (!there) {
    c.fail(i, copy_step::stat_target, there.error());
    co_return false;
  }
  a.replaces = true;
  a.old_status = *there;
  if (!is_replaceable(c, i, *there, judging::by_bytes)) co_return false;
  auto opened = co_await a.in(i).open(a.name, open_mode::write | open_mode::no_follow);
  if (!opened && opened.error() == errc::busy) {
    opened = co_await a.in(i).open(a.name, open_mode::read | open_mode::no_follow);
  }
  if (opened) {
    a.old = std::move(*opened);
  } else if (!c.options.force) {
    c.fail(i, copy_step::open_target, opened.error());
    co_return false;
  }
  co_return true;
}

/// What a link led to is looked for in its own directory from now on, whatever becomes of the way there.
task<result<void>> go_there(const item& i, aside& a, std::string end) {
  if (end != a.name) {
    auto opened = co_await i.to.open_dir(directory_of(end));
    if (!opened) co_return std::unexpected(opened.error());
    a.elsewhere = std::move(*opened);
    end.erase(0, last_name_in(end));
  }
  a.name = std::move(end);
  co_return result<void>();
}

/// `create` or `rewrite`: there is a name to be given, or to be taken over.
task<verdict> choose_name(context& c, const item& i, pair_of_files& p) {
  aside& a = *p.aside;
  a.name.assign(i.target_name.c_str(), i.target_name.size());
  if (i.in && i.in->fresh) co_return verdict::create;
  auto there = co_await i.to.stat(i.target_name, stat_mask::type, lookup::no_follow);
  if (!there && there.error() == errc::not_found) co_return verdict::create;
  auto judging_it = judge_target(c, i, p.status, judging::by_bytes);
  const verdict v = co_await std::move(judging_it);
  if (v != verdict::rewrite) co_return v;
  auto following = follow_to_end(i.to, a.name);
  auto end = co_await std::move(following);
  const bool in_circles = !end && c.options.force && end.error() == errc::too_many_links;
  if (in_circles) {
    a.replaces = true;  // the link itself
    co_return verdict::rewrite;
  }
  if (!end) {
    c.fail(i, copy_step::stat_target, end.error());
    co_return verdict::skip;
  }
  auto going = go_there(i, a, std::move(*end));
  auto there_now = co_await std::move(going);
  if (!there_now) {
    c.fail(i, copy_step::stat_target, there_now.error());
    co_return verdict::skip;
  }
  auto looking = look_at_old(c, i, a);
  const bool fit = co_await std::move(looking);
  co_return fit ? verdict::rewrite : verdict::skip;
}

/// File systems without nameless files have different words for that.
bool knows_no_nameless(const error& e) noexcept {
  return e == errc::not_supported || e == errc::is_directory || e == errc::invalid;
}

task<result<file>> make_nameless(context& c, const item& i, const aside& a, std::uint16_t mode) {
  const std::string above = directory_of(a.name);
  const open_mode how = c.options.verify ? open_mode::read_write : open_mode::write;
  auto made = co_await a.in(i).open(above, how | open_mode::temporary, mode);
  const bool hopeless = !made && knows_no_nameless(made.error());
  if (hopeless) c.nameless_hopeless.store(true, std::memory_order_relaxed);
  co_return made;
}

/// A nameless one leaves nothing behind, whatever happens; but where somebody will go on, and remove
/// what is left, one that is named can be read past the page cache.
task<result<void>> make_file(context& c, const item& i, pair_of_files& p, std::uint16_t mode) {
  aside& a = *p.aside;
  if (c.journal == nullptr && !c.nameless_hopeless.load(std::memory_order_relaxed)) {
    auto making = make_nameless(c, i, a, mode);
    auto made = co_await std::move(making);
    if (made) {
      p.to = std::move(*made);
      co_return result<void>();
    }
    if (!knows_no_nameless(made.error())) co_return std::unexpected(made.error());
  }
  constexpr open_mode how = open_mode::write | open_mode::create | open_mode::exclusive;
  constexpr unsigned enough = 1000;
  result<file> made = std::unexpected(error(errc::exists));
  for (unsigned n = 0; n < enough && !made && made.error() == errc::exists; ++n) {
    a.temporary = name_beside(c, a.name);
    made = co_await a.in(i).open(a.temporary, how, mode);
  }
  if (!made) {
    a.temporary.clear();
    co_return std::unexpected(made.error());
  }
  p.to = std::move(*made);
  p.unfinished.begin(c.options.stop, a.in(i), a.temporary, p.to);
  co_return result<void>();
}

/// A name for a nameless file, so that it can be renamed.
task<result<void>> name_for_now(context& c, const item& i, pair_of_files& p) {
  aside& a = *p.aside;
  constexpr unsigned enough = 1000;
  result<void> linked = std::unexpected(error(errc::exists));
  for (unsigned n = 0; n < enough && !linked && linked.error() == errc::exists; ++n) {
    a.temporary = name_beside(c, a.name);
    linked = co_await a.in(i).link_file(p.to, a.temporary);
  }
  if (linked) {
    p.unfinished.begin(c.options.stop, a.in(i), a.temporary, p.to);
  } else {
    a.temporary.clear();
  }
  co_return linked;
}

/// Nothing stood there when we looked; what came since stays.
task<result<void>> give_new_name(const item& i, pair_of_files& p) {
  aside& a = *p.aside;
  if (a.temporary.empty()) {
    auto linked = co_await a.in(i).link_file(p.to, a.name);
    co_return linked;
  }
  auto renamed = co_await a.in(i).rename(a.temporary, a.in(i), a.name, rename_mode::no_replace);
  const bool impossible = !renamed && (renamed.error() == errc::invalid ||
                                       renamed.error() == errc::not_supported);
  if (!impossible) co_return renamed;
  auto linked = co_await a.in(i).link(a.temporary, a.in(i), a.name);
  if (!linked) co_return linked;
  auto gone = co_await a.in(i).unlink(a.temporary);
  co_return gone;
}

/// If it is still what was looked at.
task<result<void>> take_old_name(context& c, const item& i, pair_of_files& p) {
  aside& a = *p.aside;
  if (a.temporary.empty()) {
    auto naming = name_for_now(c, i, p);
    auto named = co_await std::move(naming);
    if (!named) co_return named;
  }
  if (a.old) {
    auto there = co_await a.in(i).stat(a.name, stat_mask::inode, lookup::no_follow);
    const bool same = there && identity_of(*there) == identity_of(a.old_status);
    if (!same) co_return std::unexpected(there ? error(errc::exists) : there.error());
  }
  auto renamed = co_await a.in(i).rename(a.temporary, a.in(i), a.name);
  co_return renamed;
}

/// Where a link led out of the directory that is synced in the end.
task<bool> sync_other_directory(context& c, const item& i, const aside& a) {
  if (!c.options.durable || !a.elsewhere) co_return true;
  auto syncing = sync_dir(a.elsewhere);
  auto synced = co_await std::move(syncing);
  if (!synced) c.fail(i, copy_step::sync_target, synced.error());
  co_return synced.has_value();
}

}  // namespace

task<outcome> open_aside(context& c, const item& i, pair_of_files& p) {
  auto choosing = choose_name(c, i, p);
  const verdict v = co_await std::move(choosing);
  if (v == verdict::kept) co_return outcome::kept;
  if (v == verdict::skip) co_return outcome::none;
  c.tell_copying(i, i.backup_path());
  if (!i.backup.empty()) p.replaced.begin_moved(c.options.stop, i);
  const aside& a = *p.aside;
  if (a.name.ends_with('/')) {
    fail_to_create(c, i, error(errc::is_directory));
    co_return outcome::none;
  }
  // What replaces something gets its mode, and nobody else may look before.
  auto making = make_file(c, i, p, a.old ? 0600 : mode_to_make(c, p.status));
  auto made = co_await std::move(making);
  if (!made) {
    fail_to_create(c, i, made.error());
    co_return outcome::none;
  }
  p.fresh = true;
  co_return outcome::made;
}

task<bool> publish(context& c, const item& i, pair_of_files& p) {
  auto giving = p.aside->replaces ? take_old_name(c, i, p) : give_new_name(i, p);
  auto named = co_await std::move(giving);
  if (!named) {
    fail_to_create(c, i, named.error());
    co_return false;
  }
  p.finished();
  p.aside->temporary.clear();
  auto syncing = sync_other_directory(c, i, *p.aside);
  const bool synced = co_await std::move(syncing);
  co_return synced;
}

}  // namespace sluice::inline v0::copying

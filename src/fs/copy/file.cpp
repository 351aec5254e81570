// Copying a file's bytes to another name.
#include <algorithm>

#include "fs/copy/pair.hpp"
#include "fs/copy/paths.hpp"

namespace sluice::inline v0::copying {

/// The source can't be opened; GNU cp looks at the target first, and may have nothing to do.
task<void> fail_to_open(context& c, const item& i, const error& why) {
  auto s = co_await i.from.stat(i.name, stat_mask::basic,
                                i.follow ? lookup::follow : lookup::no_follow);
  if (s) {
    auto looking = has_to_be_made(c, i, *s);
    const outcome would = co_await std::move(looking);
    if (would != outcome::made) co_return;
  }
  c.tell_copying(i);
  c.fail(i, copy_step::open_source, why);
}

task<bool> open_source(context& c, const item& i, file_type expected, pair_of_files& p) {
  open_mode how = open_mode::read;
  if (!i.follow) how |= open_mode::no_follow;
  // In a tree a file may have become a FIFO meanwhile, for which nobody waits.
  if (expected != file_type::regular || i.operand()) how |= open_mode::wait_for_peer;
  auto opened = co_await i.from.open(i.name, how);
  if (!opened) {
    auto failing = fail_to_open(c, i, opened.error());
    co_await std::move(failing);
    co_return false;
  }
  p.from = std::move(*opened);
  auto status = co_await p.from.stat();
  if (!status) {
    c.fail(i, copy_step::stat_source, status.error());
    co_return false;
  }
  const bool replaced = p.leads.pending() && identity_of(*status) != identity_of(p.status);
  p.status = *status;
  p.seekable = p.status.type == file_type::regular;
  if (replaced || (expected == file_type::regular && !p.seekable)) {
    c.fail(i, copy_step::replaced_source);
    co_return false;
  }
  co_return true;
}

/// A name that ends in a slash asks for a directory; there is none, and we don't make one.
void fail_to_create(context& c, const item& i, const error& why) {
  const std::size_t n = i.target_name.size();
  const bool slash = n > 0 && i.target_name.c_str()[n - 1] == '/';
  const bool wants_directory = slash && why == errc::is_directory;
  c.fail(i, copy_step::create_file, wants_directory ? error(errc::not_directory) : why);
}

task<result<void>> try_to_create(context& c, const item& i, pair_of_files& p) {
  if (p.to) co_return result<void>();
  const open_mode how = open_mode::write | open_mode::create | open_mode::exclusive;
  auto made = co_await i.to.open(i.target_name, how, mode_to_make(c, p.status));
  if (!made) co_return std::unexpected(made.error());
  p.to = std::move(*made);
  p.fresh = true;
  p.unfinished.begin(c.options.stop, i.to, i.target_name, p.to);
  co_return result<void>();
}

namespace {

task<bool> create_target(context& c, const item& i, pair_of_files& p) {
  auto creating = try_to_create(c, i, p);
  auto made = co_await std::move(creating);
  if (!made) fail_to_create(c, i, made.error());
  co_return made.has_value();
}

/// What stands there, emptied; with `force`, what can't be opened is replaced.
task<bool> reopen_target(context& c, const item& i, pair_of_files& p, const file_status& judged) {
  auto opening = open_standing(c, i, p, judged);
  auto opened = co_await std::move(opening);
  if (opened) {
    if (!*opened) c.fail(i, copy_step::replaced_target);
    co_return *opened;
  }
  if (opened.error() != errc::not_found) {
    if (!c.options.force) {
      c.fail(i, copy_step::open_target, opened.error());
      co_return false;
    }
    auto removing = remove_target(c, i);
    const bool removed = co_await std::move(removing);
    if (!removed) co_return false;
  }
  auto creating = create_target(c, i, p);
  const bool created = co_await std::move(creating);
  co_return created;
}

/// Whether the bytes would go to a file system that has no room for them.
task<bool> target_is_full(context& c, const item& i, const pair_of_files& p) {
  const std::uint64_t full = c.full_device.load(std::memory_order_relaxed);
  const bool bytes = p.status.size > 0 && c.options.kind == copy_kind::whole;
  if (full == context::nowhere || !bytes) co_return false;
  const std::string above = directory_of(i.target_name);
  auto where = co_await i.to.stat(above, stat_mask::inode, lookup::follow);
  co_return where && where->device == full;
}

task<outcome> open_target(context& c, const item& i, pair_of_files& p) {
  auto asking = target_is_full(c, i, p);
  const bool full = co_await std::move(asking);
  if (full) {
    c.fail(i, copy_step::no_room_left);
    co_return outcome::none;
  }
  if (p.aside) {
    auto making = open_aside(c, i, p);
    const outcome how = co_await std::move(making);
    co_return how;
  }
  auto creating = try_to_create(c, i, p);
  auto made = co_await std::move(creating);
  // A name that ends in a slash is a directory's, whether there is one or not.
  const bool stands = !made && (made.error() == errc::exists || made.error() == errc::is_directory);
  if (!stands || i.among_copies()) {
    c.tell_copying(i);
    if (!made) fail_to_create(c, i, made.error());
    co_return made ? outcome::made : outcome::none;
  }
  file_status there;
  auto judging_it = judge_target(c, i, p.status, judging::by_bytes, &there);
  const verdict v = co_await std::move(judging_it);
  if (v == verdict::kept) co_return outcome::kept;
  if (v == verdict::skip) co_return outcome::none;
  c.tell_copying(i, i.backup_path());
  if (!i.backup.empty()) p.replaced.begin_moved(c.options.stop, i);
  auto opening = v == verdict::create ? create_target(c, i, p) : reopen_target(c, i, p, there);
  const bool opened = co_await std::move(opening);
  co_return opened ? outcome::made : outcome::none;
}

bool replaces_old(const pair_of_files& p) noexcept { return p.aside && p.aside->old; }

/// Before anything is written: nobody may read it who may not.
task<bool> label_target(context& c, const item& i, pair_of_files& p) {
  const bool fresh = p.fresh && !replaces_old(p);
  if (c.options.context_for) {
    const file_type is = p.regular_target ? file_type::regular : file_type::unknown;
    auto choosing = choose_context(c, i, p.to, is, fresh, p.label);
    co_await std::move(choosing);
  } else if (p.label.empty() && fresh) {
    p.label = c.options.context;
  }
  auto setting = set_context(c, i, p.to, p.label);
  const bool set = co_await std::move(setting);
  if (set) co_return true;
  auto taking = take_back(c, i, p);
  co_await std::move(taking);
  co_return false;
}

/// What the one has whose place it takes.
task<bool> keep_of_old(context& c, const item& i, pair_of_files& p) {
  auto keeping = copy_old_attributes(c, i, p.aside->old, p.aside->old_status, p.to);
  const bool kept = co_await std::move(keeping);
  if (!kept) {
    auto taking = take_back(c, i, p);
    co_await std::move(taking);
    co_return false;
  }
  if (!c.options.context_for) co_return true;
  auto labelling = label_target(c, i, p);
  const bool labelled = co_await std::move(labelling);
  co_return labelled;
}

task<bool> fill_target(context& c, const item& i, pair_of_files& p) {
  // What takes an old one's place has its context first, and nobody sees it until then.
  const bool labels_later = replaces_old(p) && c.options.context_for;
  if (c.sets_contexts() && !labels_later) {
    auto labelling = label_target(c, i, p);
    const bool labelled = co_await std::move(labelling);
    if (!labelled) co_return false;
  }
  if (c.options.kind == copy_kind::whole) {
    auto copying_bytes = p.seekable ? copy_data(c, i, p.from, p.to, p.status)
                                    : copy_until_end(c, i, p.from, p.to);
    const bool copied = co_await std::move(copying_bytes);
    if (!copied) {
      auto taking = take_back(c, i, p);
      co_await std::move(taking);
      co_return false;
    }
  }
  if (!p.aside) p.finished();
  if (replaces_old(p)) {
    auto keeping = keep_of_old(c, i, p);
    const bool kept = co_await std::move(keeping);
    if (!kept) co_return false;
  }
  target_state t;
  t.fresh = p.fresh && !replaces_old(p);
  t.inherits_acl = i.inherits_acl();
  const auto allowed = static_cast<std::uint16_t>(~c.options.umask);
  t.mode_now = mode_to_make(c, p.status) & allowed;
  t.mode_final = (c.options.plain_mode ? 0666 : p.status.mode & 0777) & allowed;
  auto preserving = copy_attributes(c, i, p.from, p.to, p.status, t);
  co_await std::move(preserving);
  co_return true;
}

}  // namespace

/// False: the target may be incomplete, and that was told.
task<bool> close_both(context& c, const item& i, pair_of_files& p) {
  bool whole = true;
  p.finished();
  if (p.to) {
    auto closed = co_await p.to.close();
    whole = closed.has_value();
    if (!whole) c.fail(i, copy_step::write_target, closed.error());
  }
  if (p.aside && p.aside->old) {
    auto closed = co_await p.aside->old.close();
    static_cast<void>(closed);  // nothing was written to it
  }
  if (p.from) {
    auto closed = co_await p.from.close();
    static_cast<void>(closed);  // it was only read
  }
  co_return whole;
}

namespace {

/// Whether the source is in memory, as far as one look can tell. Where many in a row were, only some are
/// looked at: a look at each would cost as much as it saves.
task<bool> is_in_memory(const pair_of_files& p, lane& on) {
  constexpr unsigned many = 16, one_in = 8;
  if (on.in_memory >= many && on.in_memory % one_in != 0) {
    ++on.in_memory;
    co_return true;
  }
  auto there = co_await p.from.cached(0, 1);  // and so is the rest, most likely
  bool is_there = there && *there;
  if (!there) {  // tmpfs does not tell
    auto asking = lives_in_memory(p.from);
    is_there = co_await std::move(asking);
  }
  on.in_memory = is_there ? on.in_memory + 1 : 0;
  co_return on.in_memory != 0;
}

/// Has the source's first bytes fetched: all of a small file, before it returns, else so many as soon as
/// there is time: a large one is copied while the rest of it comes. Not where they may be shared instead.
task<void> fetch_ahead(context& c, const pair_of_files& p, lane& on) {
  constexpr std::uint64_t read_at_once = 16 << 10;  // the system reads so much for the first byte
  constexpr std::uint64_t small = 256 << 10;
  constexpr std::uint64_t ahead = 4 << 20;
  if (!c.clone_hopeless.load(std::memory_order_relaxed)) co_return;
  auto looking = is_in_memory(p, on);
  const bool there = co_await std::move(looking);
  if (there) co_return;
  const std::uint64_t size = std::min(p.status.size, ahead);
  std::uint64_t last_to_come = 0;
  if (size > read_at_once) {
    auto advised = co_await p.from.advise(access_advice::will_need, 0, size);
    if (!advised || size > small) co_return;  // then it comes later
    last_to_come = size - 1;
  }
  std::byte one[1];
  auto read = co_await p.from.read_at(one, last_to_come);
  static_cast<void>(read);  // who copies them will hear of it
}

/// If the process is killed, each worker leaves one half file at most. What the others wait for is
/// fetched meanwhile. The place is held while the target is made and not full.
task<limiter::lease> pass_gate(context& c, const item& i, const pair_of_files& p) {
  const bool bytes = p.seekable && p.status.size != 0 && c.options.kind == copy_kind::whole;
  if (i.lane == nullptr || p.aside || !bytes) co_return limiter::lease();
  auto fetching = fetch_ahead(c, p, *i.lane);
  co_await std::move(fetching);
  limiter& gate = i.lane->gate;
  auto entered = co_await gate.enter();
  co_return entered ? limiter::lease(gate) : limiter::lease();
}

/// Opening a FIFO or a device may wait for somebody, or take what another reader is to get: it is not
/// opened for a target that stays, or that is only another name of what has been copied. `made`: for others.
task<outcome> done_unopened(context& c, const item& i, pair_of_files& p) {
  auto status = co_await i.from.stat(i.name, stat_mask::basic,
                                     i.follow ? lookup::follow : lookup::no_follow);
  if (!status) co_return outcome::made;  // opening it tells why
  p.status = *status;
  if (c.options.preserve_links) {
    auto linking = linked_to_first(c, i, p.status, p.leads);
    const bool linked = co_await std::move(linking);
    if (linked) co_return outcome::linked;
  }
  auto looking = has_to_be_made(c, i, p.status);
  const outcome would = co_await std::move(looking);
  co_return would;
}

/// After the source was opened.
task<outcome> copy_opened(context& c, const item& i, pair_of_files& p) {
  if (!p.leads.pending()) {
    auto linking = linked_to_first(c, i, p.status, p.leads);
    const bool linked = co_await std::move(linking);
    if (linked) co_return outcome::linked;
  }
  auto entering = pass_gate(c, i, p);
  const limiter::lease held = co_await std::move(entering);
  if (c.options.preserve_context) {
    auto finding = find_context(c, i, p.from, p.label);
    const bool found = co_await std::move(finding);
    if (!found) co_return outcome::none;
  }
  auto targeting = open_target(c, i, p);
  outcome how = co_await std::move(targeting);
  if (how == outcome::made) {
    auto filling = fill_target(c, i, p);
    const bool filled = co_await std::move(filling);
    if (!filled) how = outcome::none;
  }
  if (how == outcome::none) {
    auto restoring = restore_backup(c, i);
    co_await std::move(restoring);
  }
  co_return how;
}

task<outcome> copy_at_once(context& c, const item& i, file_type expected) {
  pair_of_files p;
  auto filling = open_and_fill(c, i, expected, p);
  const outcome filled = co_await std::move(filling);
  auto ending = close_and_count(c, i, p, filled);
  const outcome how = co_await std::move(ending);
  co_return how;
}

}  // namespace

task<outcome> close_and_count(context& c, const item& i, pair_of_files& p, outcome how) {
  auto closing = close_both(c, i, p);
  const bool whole = co_await std::move(closing);
  if (!whole) how = outcome::none;
  c.count(how, p.status.size);
  // Other names of the source may become links to it, now that it is whole.
  if (how != outcome::none) p.leads.made(i);
  co_return how;
}

task<outcome> open_and_fill(context& c, const item& i, file_type expected, pair_of_files& p) {
  if (expected != file_type::regular) {
    auto looking = done_unopened(c, i, p);
    const outcome done = co_await std::move(looking);
    if (done != outcome::made) co_return done;
  }
  auto opening = open_source(c, i, expected, p);
  const bool opened = co_await std::move(opening);
  if (!opened) co_return outcome::none;
  auto copying_it = copy_opened(c, i, p);
  const outcome how = co_await std::move(copying_it);
  co_return how;
}

task<outcome> end_copy(context& c, const item& i, pair_of_files& p, bool opened) {
  outcome how = outcome::none;
  if (opened) {
    auto copying_it = copy_opened(c, i, p);
    how = co_await std::move(copying_it);
  }
  auto ending = close_and_count(c, i, p, how);
  how = co_await std::move(ending);
  co_return how;
}

task<outcome> copy_file(context& c, const item& i, file_type expected) {
  return c.settles() ? copy_and_settle(c, i, expected) : copy_at_once(c, i, expected);
}

}  // namespace sluice::inline v0::copying

#include "fs/copy/rehearsal.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "core/system_error.hpp"
#include "fs/copy/context.hpp"
#include "fs/copy/paths.hpp"
#include "sluice/fs/ops.hpp"

namespace sluice::inline v0::copying {

namespace {

void refuse(space&, operation& op) noexcept { op.fail(errc::read_only); }

space& behind(space& s) noexcept { return static_cast<looking_space&>(s).inner(); }
void look(space& s, operation& op) noexcept { behind(s).submit(op); }

void open_to_look(space& s, operation& op) noexcept {
  constexpr open_mode changing = open_mode::write | open_mode::append | open_mode::create |
                                 open_mode::truncate | open_mode::temporary;
  if (any(static_cast<ops::open&>(op).mode & changing)) return refuse(s, op);
  look(s, op);
}

constexpr space_table looking_rows = [] {
  space_table t{"looking"};
  for (space_table::row& r : t.rows) r = refuse;
  for (const op_kind k : {op_kind::close, op_kind::sleep, op_kind::stat, op_kind::stat_fs,
                          op_kind::readlink, op_kind::entries, op_kind::get_xattr,
                          op_kind::list_xattr}) {
    t[k] = look;
  }
  t.cancel = [](space& s, operation& op) noexcept { behind(s).cancel(op); };
  t.release = [](space& s, handle_id id) noexcept { behind(s).release(id); };
  t.way = [](space& s, const operation& op) noexcept { return behind(s).way_of(op); };
  t[op_kind::open] = open_to_look;
  return t;
}();

}  // namespace

std::string rehearsal::key_of(std::string_view path) {
  std::string key = path.starts_with('/') ? "/" : "";
  while (!path.empty()) {
    const std::size_t length = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, length);
    path.remove_prefix(std::min(length + 1, path.size()));
    if (name.empty() || name == ".") continue;
    key += name;
    key += '/';
  }
  return key;
}

looking_space::looking_space(space& inner) noexcept : space(looking_rows), inner_(inner) {}

rehearsal::rehearsal(const copy_options& o, std::span<const copy_operand> operands)
    : on_(o.dry_run), keeps_times_(o.preserve_times),
      links_(o.kind == copy_kind::hard_link), absent_(errc::not_found) {
  if (!on_) return;
  std::vector<std::string> targets;
  for (const copy_operand& one : operands) {
    remembers_all_ |= one.parents != 0;
    targets.push_back(key_of(one.target));
  }
  std::ranges::sort(targets);
  // What lies below another one is next to it.
  const auto meets = [](const std::string& a, const std::string& b) { return b.starts_with(a); };
  remembers_all_ |= std::ranges::adjacent_find(targets, meets) != targets.end();
}

const file_status& rehearsal::suppose(const std::string& path, const file_status& as, bool over) {
  auto& at = made_[key_of(path)];
  const bool stays = over && at != nullptr && at->type == file_type::regular;
  const file_status before = stays ? *at : file_status();
  if (stays) {
    *at = as;
  } else {
    at = std::make_shared<file_status>(as);
  }
  file_status& s = *at;
  if (links_ && s.type != file_type::directory) {
    ++s.links;
    return s;
  }
  s.device = no_device;
  s.inode = stays ? before.inode : ++last_;
  s.links = stays ? before.links : 1;
  if (!keeps_times_) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(now);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(now - whole);
    s.modified = {whole.count(), static_cast<std::uint32_t>(rest.count())};
  }
  return s;
}

void rehearsal::suppose_text(const std::string& path, std::string text) {
  texts_[key_of(path)] = std::move(text);
}

const std::string* rehearsal::text_of(const std::string& path) const {
  const auto at = texts_.find(key_of(path));
  return at == texts_.end() ? nullptr : &at->second;
}

bool rehearsal::same_name(const std::string& a, const std::string& b) { return key_of(a) == key_of(b); }

void rehearsal::suppose_link(const std::string& to, const file_status& as, const std::string& path) {
  auto& first = made_[key_of(to)];
  if (first == nullptr) first = std::make_shared<file_status>(as);
  ++first->links;
  const auto shared = first;
  made_[key_of(path)] = shared;
}

void rehearsal::suppose_gone(const std::string& path, const file_status& s) {
  const auto supposed = made_.find(key_of(path));
  if (supposed != made_.end()) {
    --supposed->second->links;
    made_.erase(supposed);
  } else if (s.links > 1) {
    ++gone_[{s.device, s.inode}];
  }
}

void rehearsal::correct(file_status& s) const {
  const auto lost = gone_.find({s.device, s.inode});
  if (lost != gone_.end()) s.links -= std::min<std::uint64_t>(lost->second, s.links - 1);
}

const file_status* rehearsal::find(const std::string& path) const {
  if (made_.empty()) return nullptr;
  const auto at = made_.find(key_of(path));
  return at == made_.end() ? nullptr : at->second.get();
}

namespace {

/// How something is made: what is said if that fails, and whether it can take the place of a file.
struct way_to_make {
  copy_step step;
  bool replaces;
};

way_to_make way_for(const copy_options& o, const file_status& s, bool bytes) noexcept {
  if (bytes) return {copy_step::create_file, true};
  const bool may = o.force || o.atomic;
  const bool asked = o.overwrite == overwrite_mode::ask;
  if (o.kind == copy_kind::hard_link) return {copy_step::create_link, o.force || asked};
  if (o.kind == copy_kind::symlink) return {copy_step::create_link_to, o.force};
  if (s.type == file_type::symlink) return {copy_step::create_symlink, may};
  const bool fifo = s.type == file_type::fifo;
  return {fifo ? copy_step::create_fifo : copy_step::create_special, o.atomic};
}

/// What can't be opened is removed with `force`: a link that leads in circles.
task<void> tell_of_force(context& c, const item& i) {
  auto reaching = reach_supposed(c, i.target_path());
  auto reached = co_await std::move(reaching);
  if (!reached && reached.error() == errc::too_many_links) c.tell_removed(i);
}

/// An operand's target needs a directory that it can be made in.
task<bool> has_place(context& c, const item& i, copy_step step, bool bytes) {
  if (!i.operand()) co_return true;
  if (c.supposed.find(directory_of(i.target_path())) != nullptr) co_return true;
  error why;
  const std::string above = directory_of(i.target_name);
  auto there = co_await i.to.stat(above, stat_mask::type, lookup::follow);
  if (!there) {
    why = there.error();
  } else if (there->type != file_type::directory) {
    why = errc::not_directory;
  } else if (i.target_path().ends_with('/')) {
    why = bytes ? errc::not_directory : errc::not_found;
  }
  if (why) c.fail(i, step, why);
  co_return !why;
}

/// Of the symbolic link that would be made; empty if it is none.
task<std::string> text_to_make(const context& c, const item& i, const file_status& s) {
  if (c.options.kind == copy_kind::symlink) co_return i.source_path();
  if (s.type != file_type::symlink) co_return std::string();
  auto reading = read_text(i.from, i.name);
  std::string text = co_await std::move(reading);
  co_return text;
}

/// What would become of it; its source can be read.
task<outcome> judge_and_tell(context& c, const item& i, const file_status& s, bool bytes) {
  if (c.options.kind == copy_kind::symlink) {
    auto asking = symlink_would_lead(c, i, s);
    const outcome would = co_await std::move(asking);
    if (would != outcome::made) co_return would;
  }
  auto judging_it = judge_target(c, i, s, bytes ? judging::by_bytes : judging::by_name);
  const verdict v = co_await std::move(judging_it);
  if (v == verdict::skip) co_return outcome::none;
  if (v == verdict::kept) co_return outcome::kept;
  c.tell_copying(i, i.backup_path());
  const way_to_make way = way_for(c.options, s, bytes);
  if (v == verdict::rewrite && !way.replaces) {
    c.fail(i, way.step, errc::exists);
    co_return outcome::none;
  }
  if (v == verdict::rewrite && bytes && c.options.force && !c.options.atomic) {
    auto telling = tell_of_force(c, i);
    co_await std::move(telling);
  }
  if (v == verdict::create) {
    auto looking = has_place(c, i, way.step, bytes);
    const bool has = co_await std::move(looking);
    if (!has) co_return outcome::none;
  }
  if (bytes && c.options.kind == copy_kind::whole) c.flow.skipped(s.size);
  if (!i.operand() && !c.supposed.remembers_all()) co_return outcome::made;
  const std::string path = i.target_path();
  const bool over = bytes && v == verdict::rewrite && !c.options.atomic;
  const file_status& made = c.supposed.suppose(path, s, over);
  if (!bytes && c.options.kind != copy_kind::hard_link) {
    auto reading = text_to_make(c, i, s);
    std::string text = co_await std::move(reading);
    if (!text.empty()) c.supposed.suppose_text(path, std::move(text));
  }
  if (i.operand() && c.options.no_collisions) c.made.insert({path, identity_of(made)});
  co_return outcome::made;
}

/// Files are opened, as that tells whether they can be read. Others may wait for somebody.
task<bool> can_be_read(context& c, const item& i, const file_status& s) {
  if (s.type != file_type::regular) co_return true;
  const open_mode how = i.follow ? open_mode::read : open_mode::read | open_mode::no_follow;
  auto opened = co_await i.from.open(i.name, how);
  if (!opened) {
    auto failing = fail_to_open(c, i, opened.error());
    co_await std::move(failing);
    co_return false;
  }
  auto closed = co_await opened->close();
  static_cast<void>(closed);  // it was only looked at
  co_return true;
}

task<outcome> rehearse(context& c, const item& i, const file_status& s, bool bytes) {
  if (bytes) {
    auto opening = can_be_read(c, i, s);
    const bool readable = co_await std::move(opening);
    if (!readable) co_return outcome::none;
  }
  link_lead leads;
  if (c.options.kind != copy_kind::hard_link) {
    auto linking = linked_to_first(c, i, s, leads);
    const bool linked = co_await std::move(linking);
    if (linked) co_return outcome::linked;
  }
  auto judging_it = judge_and_tell(c, i, s, bytes);
  const outcome how = co_await std::move(judging_it);
  if (how != outcome::none) {
    leads.made(i);
  }
  co_return how;
}

}  // namespace

task<void> rehearse_item(context& c, const item& i, bool bytes, const file_status* known) {
  file_status s;
  auto asking = status_of_source(c, i, known, s);
  const bool found = co_await std::move(asking);
  if (!found) co_return;
  auto rehearsing = rehearse(c, i, s, bytes);
  const outcome how = co_await std::move(rehearsing);
  c.count(how, s.size);
}

task<void> suppose_link(context& c, const item& i, const file_status& s,
                        const link_table::entry& first) {
  const std::string made = first.path();
  const std::string path = i.target_path();
  const file_status* is_made = c.supposed.find(made);
  const bool linked = c.options.atomic && is_made != nullptr && is_made == c.supposed.find(path);
  if (linked || rehearsal::same_name(made, path)) {
    auto leaving = leave_as_it_is(c, i);
    co_await std::move(leaving);
    co_return;
  }
  auto looking_at_first = stat_supposed(c, made);
  const auto is = co_await std::move(looking_at_first);
  auto looking = stat_supposed(c, path);
  const auto there = co_await std::move(looking);
  // One that stayed where the first name was to be made: directories have no other names.
  if (!there && is && is->type == file_type::directory) {
    c.fail(copy_step::create_link, made, path, system_error(-EPERM));
    co_return;
  }
  const bool bytes = s.type == file_type::regular;
  auto judging_it = judge_target(c, i, s, bytes ? judging::by_bytes : judging::by_name);
  const verdict v = co_await std::move(judging_it);
  if (v == verdict::skip) co_return;
  if (v == verdict::kept) {
    if (there && there->type == file_type::directory) {  // nothing can be renamed to it
      c.fail(copy_step::create_link, made, path, errc::is_directory);
      co_return;
    }
  } else {
    c.tell_copying(i, i.backup_path());
  }
  if (v != verdict::create) {
    auto removing = remove_target(c, i);
    const bool removed = co_await std::move(removing);
    static_cast<void>(removed);  // in a dry run it always is
  }
  if (!c.supposed.remembers_all()) co_return;
  c.supposed.suppose_link(made, is ? *is : s, path);
}

}  // namespace sluice::inline v0::copying

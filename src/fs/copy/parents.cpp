// Directories above an operand's target, made after those above its source.
#include "fs/copy/context.hpp"
#include "fs/copy/paths.hpp"

namespace sluice::inline v0::copying {

namespace {

class parent_subject final : public subject {
 public:
  explicit parent_subject(const parent_made& p) noexcept : of_(p) {}
  std::string source_path() const override { return of_.source; }
  std::string target_path() const override { return of_.target; }

 private:
  const parent_made& of_;
};

bool keeps_anything(const copy_options& o) noexcept {
  return o.preserve_mode || o.preserve_owner || o.preserve_times || o.preserve_context || !o.context.empty();
}

/// Its name in the directory above.
std::string name_of(const parent_made& p) { return last_name_of(p.target); }

task<bool> make_parent(context& c, const dir& above, parent_made& p) {
  if (c.supposed.on()) {
    c.tell_parent(p.source, p.target);
    c.supposed.suppose(p.target, p.from);
    co_return true;
  }
  const copy_options& o = c.options;
  const std::uint16_t withheld = o.preserve_owner ? 077 : o.preserve_mode ? 022 : 0;
  const int mode = o.plain_mode ? 0777 : p.from.mode & 07777;
  const std::string name = name_of(p);
  auto made = co_await above.mkdir(name, static_cast<std::uint16_t>(mode & ~withheld));
  if (!made) {
    c.fail(copy_step::make_parent, p.source, p.target, made.error());
    co_return false;
  }
  c.tell_parent(p.source, p.target);
  auto found = co_await above.stat(name, stat_mask::basic, lookup::no_follow);
  if (!found) {
    c.fail(copy_step::stat_parent, p.target, p.target, found.error());
    co_return false;
  }
  p.at->insist(found->device, found->inode);
  p.fresh = true;
  if (c.options.context_for) {
    const parent_subject about(p);
    auto labelling = label_empty_directory(c, about, above, name, true);
    co_await std::move(labelling);
  }
  p.mode_final = static_cast<std::uint16_t>(found->mode | (withheld & mode & ~o.umask));
  p.mode_made = found->mode | 0700;
  if (p.mode_made == found->mode) co_return true;
  auto opened = co_await above.set_mode(name, p.mode_made, lookup::no_follow);
  if (!opened) c.fail(parent_subject(p), copy_step::open_up, opened.error());
  co_return opened.has_value();
}

/// One of the directories. False: a problem was reported.
task<bool> look_at_parent(context& c, const dir& from, const dir& above, parent_made& p) {
  if (c.supposed.on() && c.supposed.find(p.target) != nullptr) co_return true;
  c.targets.recognise(*p.above, name_of(p), *p.at);
  auto pinning = pin_for_good(*c.places, *p.at);
  auto there = co_await std::move(pinning);
  if (there) c.places->unpin(*p.at);
  const bool is_other = !there && there.error() == errc::not_directory;
  const bool stands = there || is_other;
  if (!stands || keeps_anything(c.options)) {
    auto s = co_await from.stat(p.source, stat_mask::basic, lookup::follow);
    const bool is_dir = s && s->type == file_type::directory;
    if (!is_dir) {
      const error why = s ? error(errc::not_directory) : s.error();
      c.fail(copy_step::stat_parent, p.source, p.target, why);
      co_return false;
    }
    p.from = *s;
  }
  if (!stands) {
    auto making = make_parent(c, above, p);
    const bool made = co_await std::move(making);
    co_return made;
  }
  if (is_other) c.fail(copy_step::not_a_directory, p.source, p.target);
  co_return !is_other;
}

/// The same in the directory above, which is open meanwhile.
task<bool> look_in_above(context& c, const dir& from, parent_made& p) {
  auto pinning = pin_for_good(*c.places, *p.above);
  auto above = co_await std::move(pinning);
  const unreachable_dir missing(above ? error() : above.error());
  auto looking = look_at_parent(c, from, above ? **above : missing.get(), p);
  const bool good = co_await std::move(looking);
  if (above) c.places->unpin(*p.above);
  co_return good;
}

/// Gives one that is open what it is to keep.
task<void> finish_open(context& c, const dir& from, const file& target, const parent_made& p) {
  auto opened = co_await from.open(p.source, open_mode::read | open_mode::directory);
  file source;
  if (opened) source = std::move(*opened);
  target_state t;
  t.fresh = p.fresh;
  t.inherits_acl = true;
  t.directory = true;
  t.mode_now = p.mode_made;
  t.mode_final = p.mode_final;
  const parent_subject about(p);
  auto preserving = copy_attributes(c, about, source, target, p.from, t);
  co_await std::move(preserving);
  if (!source) co_return;
  auto closed = co_await source.close();
  static_cast<void>(closed);
}

task<result<void>> finish_parent(context& c, const dir& from, const parent_made& p) {
  auto pinning = c.places->pin(*p.at);
  auto pinned = co_await std::move(pinning);
  if (!pinned) co_return std::unexpected(pinned.error());
  // The place itself is no more than a location.
  auto target = co_await (*pinned)->open(".", open_mode::read | open_mode::directory);
  c.places->unpin(*p.at);
  if (!target) co_return std::unexpected(target.error());
  auto finishing = finish_open(c, from, *target, p);
  co_await std::move(finishing);
  auto closed = co_await target->close();
  static_cast<void>(closed);
  co_return result<void>();
}

}  // namespace

task<bool> make_parents(context& c, const dir& from, const copy_operand& o,
                        std::vector<parent_made>& made) {
  std::size_t begin = o.target.find_first_not_of('/', o.parents);
  if (begin == std::string::npos) co_return true;
  place* above = &c.targets.at(o.target.substr(0, begin));
  for (;;) {
    const std::size_t slash = o.target.find('/', begin);
    const std::size_t next = o.target.find_first_not_of('/', slash);
    if (slash == std::string::npos || next == std::string::npos) co_return true;
    parent_made p;
    p.target = o.target.substr(0, slash);
    p.source = o.source.substr(0, slash - o.parents);
    p.above = above;
    p.at = &c.targets.below(*above, o.target.substr(0, next), o.target.substr(begin, next - begin));
    auto looking = look_in_above(c, from, p);
    const bool good = co_await std::move(looking);
    if (!good) co_return false;
    c.targets.note(*above, name_of(p), *p.at);
    above = p.at;
    begin = next;
    made.push_back(std::move(p));
  }
}

task<void> finish_parents(context& c, const dir& from, std::span<const parent_made> made) {
  if (c.supposed.on()) co_return;
  for (std::size_t n = made.size(); n-- > 0;) {
    const parent_made& p = made[n];
    if (!keeps_anything(c.options) && p.mode_made == p.mode_final) continue;
    auto finishing = finish_parent(c, from, p);
    auto finished = co_await std::move(finishing);
    if (!finished) {
      c.miss(parent_subject(p), copy_step::set_mode, finished.error(), c.options.require);
    }
  }
}

}  // namespace sluice::inline v0::copying

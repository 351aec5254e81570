// Directories above an operand's target, made after those above its source.
#include "fs/copy/context.hpp"

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

task<bool> make_parent(context& c, const dir& to, parent_made& p) {
  if (c.supposed.on()) {
    c.tell_parent(p.source, p.target);
    c.supposed.suppose(p.target, p.from);
    co_return true;
  }
  const copy_options& o = c.options;
  const std::uint16_t withheld = o.preserve_owner ? 077 : o.preserve_mode ? 022 : 0;
  const int mode = o.plain_mode ? 0777 : p.from.mode & 07777;
  auto made = co_await to.mkdir(p.target, static_cast<std::uint16_t>(mode & ~withheld));
  if (!made) {
    c.fail(copy_step::make_parent, p.source, p.target, made.error());
    co_return false;
  }
  c.tell_parent(p.source, p.target);
  auto found = co_await to.stat(p.target, stat_mask::basic, lookup::no_follow);
  if (!found) {
    c.fail(copy_step::stat_parent, p.target, p.target, found.error());
    co_return false;
  }
  p.fresh = true;
  p.mode_final = static_cast<std::uint16_t>(found->mode | (withheld & mode & ~o.umask));
  p.opened_up = (found->mode & 0700) != 0700;
  if (!p.opened_up) co_return true;
  auto opened = co_await to.set_mode(p.target, found->mode | 0700, lookup::no_follow);
  if (!opened) c.fail(parent_subject(p), copy_step::open_up, opened.error());
  co_return opened.has_value();
}

/// One of the directories. False: a problem was reported.
task<bool> look_at_parent(context& c, const dir& from, const dir& to, parent_made& p) {
  if (c.supposed.on() && c.supposed.find(p.target) != nullptr) co_return true;
  auto there = co_await to.stat(p.target, stat_mask::basic, lookup::follow);
  if (!there || keeps_anything(c.options)) {
    auto s = co_await from.stat(p.source, stat_mask::basic, lookup::follow);
    const bool is_dir = s && s->type == file_type::directory;
    if (!is_dir) {
      const error why = s ? error(errc::not_directory) : s.error();
      c.fail(copy_step::stat_parent, p.source, p.target, why);
      co_return false;
    }
    p.from = *s;
  }
  if (!there) {
    auto making = make_parent(c, to, p);
    const bool made = co_await std::move(making);
    co_return made;
  }
  if (there->type == file_type::directory) co_return true;
  c.fail(copy_step::not_a_directory, p.source, p.target);
  co_return false;
}

}  // namespace

task<bool> make_parents(context& c, const dir& from, const dir& to, const copy_operand& o,
                        std::vector<parent_made>& made) {
  std::size_t slash = o.target.find('/', o.parents + 1);
  for (; slash != std::string::npos; slash = o.target.find('/', slash + 1)) {
    if (o.target[slash - 1] == '/' || slash + 1 == o.target.size()) continue;
    parent_made p;
    p.target = o.target.substr(0, slash);
    p.source = o.source.substr(0, slash - o.parents);
    auto looking = look_at_parent(c, from, to, p);
    const bool good = co_await std::move(looking);
    if (!good) co_return false;
    made.push_back(std::move(p));
  }
  co_return true;
}

task<void> finish_parents(context& c, const dir& from, const dir& to,
                          std::span<const parent_made> made) {
  if (c.supposed.on()) co_return;
  for (std::size_t n = made.size(); n-- > 0;) {
    const parent_made& p = made[n];
    if (!keeps_anything(c.options) && !(p.fresh && p.opened_up)) continue;
    const parent_subject about(p);
    auto target = co_await to.open(p.target, open_mode::read | open_mode::directory);
    if (!target) {
      c.miss(about, copy_step::set_mode, target.error(), c.options.require);
      continue;
    }
    auto opened = co_await from.open(p.source, open_mode::read | open_mode::directory);
    file source;
    if (opened) source = std::move(*opened);
    target_state t;
    t.fresh = p.fresh;
    t.inherits_acl = true;
    t.directory = true;
    t.mode_now = p.opened_up ? p.mode_final | 0700 : p.mode_final;
    t.mode_final = p.mode_final;
    auto preserving = copy_attributes(c, about, source, *target, p.from, t);
    co_await std::move(preserving);
    auto closed = co_await target->close();
    static_cast<void>(closed);
    if (!source) continue;
    auto source_closed = co_await source.close();
    static_cast<void>(source_closed);
  }
}

}  // namespace sluice::inline v0::copying

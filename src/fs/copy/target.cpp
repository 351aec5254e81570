// What stands under the target's name already, and what has to happen to it.
#include <algorithm>

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

namespace {

/// What is found under the name: the file that a copy would reach, and, where it was needed, the
/// name's own status.
struct standing {
  file_status reached;
  file_status own;
  bool own_known = false;
  bool loops = false;  // the name is a link that leads in circles

  standing() noexcept {}
};

/// Only bytes are written through links; and not where the name is to be replaced.
bool looks_through(const context& c, judging how) noexcept {
  const copy_options& o = c.options;
  return how != judging::by_name && o.backup == backup_mode::none && !o.remove_first &&
         (o.kind == copy_kind::whole || o.kind == copy_kind::attributes);
}

/// Fills in what is found, if something is.
task<result<void>> see(const item& i, bool through, standing& t) {
  auto there = co_await i.to.stat(i.target_name, stat_mask::basic,
                                  through ? lookup::follow : lookup::no_follow);
  if (!there) co_return std::unexpected(there.error());
  t.reached = t.own = *there;
  t.own_known = !through;
  co_return result<void>();
}

/// The same with all that would have been made; links may lead there, too.
task<result<void>> see_supposed(context& c, const item& i, bool through, standing& t) {
  const file_status* made = c.supposed.find(i.target_path());
  if (made != nullptr) {
    t.reached = t.own = *made;
    t.own_known = true;
    if (!through || made->type != file_type::symlink) co_return result<void>();
  } else {
    auto seeing = see(i, through, t);
    auto seen = co_await std::move(seeing);
    if (seen) c.supposed.correct(t.reached);
    const bool nowhere = !seen && seen.error() == errc::not_found;
    if (!nowhere || !through || c.supposed.nothing_made()) co_return seen;
  }
  auto reaching = reach_supposed(c, i.target_path());
  auto reached = co_await std::move(reaching);
  if (!reached) co_return std::unexpected(reached.error());
  t.reached = *reached;
  co_return result<void>();
}

/// Fills in what stands there. `create`: nothing does. `skip`: a problem was reported.
task<verdict> look(context& c, const item& i, judging how, standing& t) {
  const bool through = looks_through(c, how);
  auto seeing = c.supposed.on() ? see_supposed(c, i, through, t) : see(i, through, t);
  const auto there = co_await std::move(seeing);
  if (there) co_return verdict::rewrite;
  if (there.error() == errc::not_found) {
    if (!through) co_return verdict::create;
    const file_status* own = t.own_known ? &t.own : nullptr;
    result<file_status> link = std::unexpected(there.error());
    if (own == nullptr) link = co_await i.to.stat(i.target_name, stat_mask::type, lookup::no_follow);
    if (link) own = &*link;
    if (own == nullptr || own->type != file_type::symlink) co_return verdict::create;
    if (c.options.through_dangling) {
      t.loops = true;  // nothing to ask about: it is opened, and made
      co_return verdict::rewrite;
    }
    if (how != judging::only_look) c.tell_copying(i);
    c.fail(i, copy_step::dangling_target);
    co_return verdict::skip;
  }
  t.loops = c.options.force && there.error() == errc::too_many_links;
  if (t.loops) co_return verdict::rewrite;
  c.fail(i, copy_step::stat_target, there.error());
  co_return verdict::skip;
}

/// The coarsest step that all of a file's times are whole multiples of, in nanoseconds: what its
/// file system can tell apart. Only the steps that file systems have.
std::uint64_t resolution_of(const file_status& s) noexcept {
  constexpr std::uint64_t steps[] = {2'000'000'000, 1'000'000'000, 10'000'000, 1'000, 100};
  const auto whole = [](timestamp t, std::uint64_t step) {
    const auto seconds = static_cast<std::uint64_t>(t.seconds & 1);
    return (seconds * 1'000'000'000 + t.nanoseconds) % step == 0;
  };
  for (const std::uint64_t step : steps) {
    if (whole(s.accessed, step) && whole(s.modified, step) && whole(s.changed, step)) return step;
  }
  return 1;
}

/// Where times are kept, a source is not newer only because the target could not hold its time.
bool is_newer(const context& c, const file_status& source, const file_status& there) noexcept {
  timestamp t = source.modified;
  if (c.options.preserve_times && t > there.modified) {
    const std::uint64_t step = resolution_of(there);
    if (step > 1'000'000'000) t.seconds &= ~std::int64_t{1};
    t.nanoseconds -= static_cast<std::uint32_t>(t.nanoseconds % std::min<std::uint64_t>(step, 1'000'000'000));
  }
  return t > there.modified;
}

/// The questions that leave the target as it is. `rewrite`: none of them does.
task<verdict> ask_whether(context& c, const item& i, const file_status& source,
                          const standing& t) {
  const copy_options& o = c.options;
  sameness ends = sameness::different;
  if (o.overwrite != overwrite_mode::never) {
    auto comparing = compare_ends(c, i, source, t.reached);
    ends = co_await std::move(comparing);
  }
  if (ends == sameness::same) {
    c.fail(i, copy_step::same_file);
    co_return verdict::skip;
  }
  if (o.only_newer && !is_newer(c, source, t.reached)) co_return verdict::kept;
  if (o.overwrite == overwrite_mode::never) co_return verdict::skip;
  if (o.overwrite == overwrite_mode::ask && !i.agreed) {
    i.agreed = c.may_overwrite(i, t.reached);
    if (!i.agreed) co_return verdict::skip;
  }
  if (ends == sameness::settled) co_return verdict::skip;
  if (t.reached.type == file_type::directory) {
    c.fail(i, copy_step::other_over_directory);
    co_return verdict::skip;
  }
  const bool own = i.operand() && o.backup != backup_mode::numbered &&
                   c.made.contains({i.target_path(), identity_of(t.reached)});
  if (own) {
    c.fail(i, copy_step::just_created);
    co_return verdict::skip;
  }
  co_return verdict::rewrite;
}

/// Operands only: a link that this run made is not a way to anywhere.
task<bool> leads_through_own_link(context& c, const item& i, const standing& t) {
  if (!i.operand() || c.options.backup != backup_mode::none || c.made.empty()) co_return false;
  file_status own = t.own;
  if (!t.own_known) {
    auto asked = co_await i.to.stat(i.target_name, stat_mask::basic, lookup::no_follow);
    if (!asked) co_return false;
    own = *asked;
  }
  const bool made_here = own.type == file_type::symlink &&
                         c.made.contains({i.target_path(), identity_of(own)});
  if (made_here) c.fail(i, copy_step::through_just_created);
  co_return made_here;
}

}  // namespace

task<bool> remove_target(context& c, const item& i) {
  if (c.supposed.on()) {
    auto there = co_await i.to.stat(i.target_name, stat_mask::basic, lookup::no_follow);
    c.supposed.suppose_gone(i.target_path(), there ? *there : file_status());
    c.tell_removed(i);
    co_return true;
  }
  auto gone = co_await i.to.unlink(i.target_name);
  if (!gone && gone.error() != errc::not_found) {
    c.fail(i, copy_step::remove_target, gone.error());
    co_return false;
  }
  c.tell_removed(i);
  co_return true;
}

bool is_replaceable(context& c, const item& i, const file_status& there, judging how) {
  if (how == judging::by_bytes && there.type != file_type::regular) {
    c.fail(i, copy_step::not_regular);
    return false;
  }
  // Its other names would be left with what was.
  if (there.links > 1 && !c.was_linked(there)) {
    c.fail(i, copy_step::several_names);
    return false;
  }
  return true;
}

task<outcome> has_to_be_made(context& c, const item& i, const file_status& source) {
  auto judging_it = judge_target(c, i, source, judging::only_look);
  const verdict v = co_await std::move(judging_it);
  if (v == verdict::kept) co_return outcome::kept;
  co_return v == verdict::skip ? outcome::none : outcome::made;
}

task<verdict> judge_target(context& c, const item& i, const file_status& source, judging how,
                           file_status* reached) {
  const copy_options& o = c.options;
  standing t;
  auto looking = look(c, i, how, t);
  const verdict found = co_await std::move(looking);
  if (found != verdict::rewrite || t.loops) co_return found;
  auto asking = ask_whether(c, i, source, t);
  const verdict asked = co_await std::move(asking);
  if (reached != nullptr) *reached = t.reached;
  if (asked != verdict::rewrite || how == judging::only_look) co_return asked;

  if (o.backup != backup_mode::none) {
    auto backing = back_up(c, i, source);
    const bool moved = co_await std::move(backing);
    co_return moved ? verdict::create : verdict::skip;
  }
  // Whatever comes takes its place.
  if (o.atomic) co_return is_replaceable(c, i, t.reached, how) ? verdict::rewrite : verdict::skip;
  const bool makes_way = o.remove_first ||
                         (o.kind != copy_kind::attributes &&
                          ((o.preserve_links && t.reached.links > 1) ||
                           (!i.follow && source.type != file_type::regular)));
  if (makes_way) {
    auto removing = remove_target(c, i);
    const bool removed = co_await std::move(removing);
    co_return removed ? verdict::create : verdict::skip;
  }
  auto leading = leads_through_own_link(c, i, t);
  const bool led = co_await std::move(leading);
  co_return led ? verdict::skip : verdict::rewrite;
}

}  // namespace sluice::inline v0::copying

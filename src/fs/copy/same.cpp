// When is it no use to copy because both names mean one thing? GNU cp's answers, one by one: they
// depend on whether links are followed, and on what would happen to the target's name.
#include "fs/copy/context.hpp"
#include "fs/copy/paths.hpp"

namespace sluice::inline v0::copying {

namespace {

/// One name in one directory, however it was spelt.
task<bool> same_name(const item& i) {
  if (last_name_of(i.name) != last_name_of(i.target_name)) co_return false;
  const std::string above_source = directory_of(i.name);
  const std::string above_target = directory_of(i.target_name);
  auto from = co_await i.from.stat(above_source, stat_mask::inode, lookup::follow);
  auto to = co_await i.to.stat(above_target, stat_mask::inode, lookup::follow);
  co_return from && to && identity_of(*from) == identity_of(*to);
}

bool is_link(const file_status& s) noexcept { return s.type == file_type::symlink; }

sameness same_if(bool yes) noexcept { return yes ? sameness::same : sameness::different; }

/// Where links are copied as links: what both ends reach in the end.
task<sameness> compare_reached(const context& c, const item& i, const file_status& source,
                               const file_status& target) {
  auto from = co_await i.from.stat(i.name, stat_mask::inode, lookup::follow);
  auto to = co_await i.to.stat(i.target_name, stat_mask::inode, lookup::follow);
  if ((is_link(source) && !from) || (is_link(target) && !to)) co_return sameness::different;
  const identity a = is_link(source) ? identity_of(*from) : identity_of(source);
  const identity b = is_link(target) ? identity_of(*to) : identity_of(target);
  if (a != b) co_return sameness::different;
  const bool links = c.options.kind == copy_kind::hard_link;
  if (!links) co_return sameness::same;
  co_return is_link(target) ? sameness::different : sameness::settled;
}

}  // namespace

task<sameness> compare_ends(context& c, const item& i, const file_status& source,
                            const file_status& target) {
  const copy_options& o = c.options;
  const bool links = o.kind == copy_kind::hard_link;
  const bool backs_up = o.backup != backup_mode::none;
  const bool same = identity_of(source) == identity_of(target);
  if (same && links) co_return sameness::settled;
  if (!same && i.follow) co_return sameness::different;

  file_status s = source;  // of the names themselves
  file_status t = target;
  if (i.follow) {
    auto from = co_await i.from.stat(i.name, stat_mask::basic, lookup::no_follow);
    auto to = co_await i.to.stat(i.target_name, stat_mask::basic, lookup::no_follow);
    if (!from || !to) co_return sameness::different;
    s = *from;
    t = *to;
    if (is_link(s) && is_link(t) && o.remove_first) co_return sameness::different;
  }
  const bool one_inode = identity_of(s) == identity_of(t);
  auto naming = same_name(i);
  const bool one_name = co_await std::move(naming);
  if (!i.follow && is_link(s) && is_link(t)) {
    if (one_name) co_return sameness::same;
    co_return one_inode && !backs_up ? sameness::settled : sameness::different;
  }
  if (backs_up) {
    if (one_inode) co_return same_if(one_name);
    // Moved away, the target would leave a link that leads nowhere.
    co_return same_if(i.follow && is_link(s) && !is_link(t));
  }
  if (o.remove_first) {
    if (is_link(t)) co_return sameness::different;
    if (one_inode && t.links > 1 && !one_name) co_return sameness::different;
  }
  if (!is_link(s) && !is_link(t)) {
    if (!one_inode) co_return sameness::different;
    if (links) co_return sameness::settled;
  }
  if (o.kind == copy_kind::symlink && is_link(t)) co_return sameness::different;
  if (i.follow) co_return sameness::same;
  auto reaching = compare_reached(c, i, s, t);
  const sameness reached = co_await std::move(reaching);
  co_return reached;
}

}  // namespace sluice::inline v0::copying

// Copying one thing that is not a directory.
#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

namespace {

/// Its bytes are what is copied.
bool has_contents(const context& c, file_type type) noexcept {
  if (c.options.kind == copy_kind::hard_link || c.options.kind == copy_kind::symlink) return false;
  if (type == file_type::regular) return true;
  return type != file_type::symlink && (!c.options.recursive || c.options.contents_of_special);
}

task<outcome> make(context& c, const item& i, const file_status& s) {
  if (c.options.kind == copy_kind::hard_link) return link_instead(c, i, s);
  if (c.options.kind == copy_kind::symlink) return symlink_instead(c, i, s);
  return s.type == file_type::symlink ? copy_symlink(c, i, s) : copy_special(c, i, s);
}

/// So that no other operand overwrites it.
task<void> remember_made(context& c, const item& i) {
  if (!i.operand() || !c.options.no_collisions) co_return;
  auto there = co_await i.to.stat(i.target_name, stat_mask::inode, lookup::no_follow);
  if (there) c.made.insert({i.target_path(), identity_of(*there)});
}

task<outcome> copy_by_name(context& c, const item& i, const file_status& s) {
  link_lead leads;
  if (c.options.kind != copy_kind::hard_link) {
    auto linking = linked_to_first(c, i, s, leads);
    const bool linked = co_await std::move(linking);
    if (linked) co_return outcome::linked;
  }
  auto making = make(c, i, s);
  const outcome how = co_await std::move(making);
  if (how == outcome::none) co_return how;
  leads.made(i);
  if (how == outcome::kept) co_return how;
  auto remembering = remember_made(c, i);
  co_await std::move(remembering);
  if (c.options.kind == copy_kind::hard_link) co_return how;
  auto preserving = copy_attributes_by_name(c, i, s);
  co_await std::move(preserving);
  co_return how;
}

}  // namespace

task<bool> status_of_source(context& c, const item& i, const file_status* known, file_status& s) {
  if (known != nullptr && any(known->have & stat_mask::modified)) {
    s = *known;
    co_return true;
  }
  auto asked = co_await i.from.stat(i.name, stat_mask::basic,
                                    i.follow ? lookup::follow : lookup::no_follow);
  if (asked) {
    s = *asked;
  } else {
    c.fail(i, copy_step::stat_source, asked.error());
    c.count(outcome::none, 0);
  }
  co_return asked.has_value();
}

task<void> copy_item(context& c, const item& i, file_type type, const file_status* known) {
  if (c.stopping()) co_return;
  const bool bytes = has_contents(c, type);
  if (c.supposed.on()) {
    auto rehearsing = rehearse_item(c, i, bytes, known);
    co_await std::move(rehearsing);
    co_return;
  }
  if (bytes) {
    auto copying_all = copy_file(c, i, type);
    const outcome how = co_await std::move(copying_all);
    if (how == outcome::made) {
      auto remembering = remember_made(c, i);
      co_await std::move(remembering);
    }
    co_return;
  }
  file_status s;
  auto asking = status_of_source(c, i, known, s);
  const bool found = co_await std::move(asking);
  if (!found) co_return;
  auto by_name = copy_by_name(c, i, s);
  const outcome how = co_await std::move(by_name);
  c.count(how, c.options.kind == copy_kind::whole ? 0 : s.size);
}

}  // namespace sluice::inline v0::copying

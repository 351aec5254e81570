// What a copy keeps of its source besides the bytes. The order matters: a change of owner clears
// set-id bits and capabilities, and everything before the times changes the times.
#include "fs/copy/attributes.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

namespace sluice::inline v0::copying {

namespace {

/// What a file system shows a second time under a name of its own, as XFS does with access control
/// lists, or what means its own inode only: no copying tool takes those along.
bool is_private(std::string_view name) noexcept {
  constexpr std::string_view prefixes[] = {"trusted.SGI_", "xfsroot.", "security.evm", "afs."};
  return std::ranges::any_of(prefixes, [name](std::string_view p) { return name.starts_with(p); });
}

bool is_wanted(const context& c, const char* name) noexcept {
  if (is_acl(name)) return c.options.preserve_mode;
  if (c.sets_contexts() && std::strcmp(name, context_xattr) == 0) return false;
  return c.options.preserve_xattrs && !is_private(name);
}

/// Attributes are what was asked for, and each that is lost is worth a word.
bool tells_all(const context& c) noexcept {
  return c.options.require_xattrs || c.options.kind == copy_kind::attributes;
}

/// An attribute that the target's file system or our rights don't allow is left out, as all
/// copying tools do that were not asked for attributes by name. Access control lists are rights:
/// without them the mode says something else, so whoever wanted them has to know.
bool is_tolerable(const context& c, const char* name, const error& e) noexcept {
  if (e == errc::no_attribute) return true;  // gone meanwhile
  if (is_acl(name) || tells_all(c)) return false;
  return c.options.silent_xattrs || e == errc::not_supported;
}

void miss_xattr(context& c, const subject& about, const char* name, const error& e) {
  if (is_tolerable(c, name, e)) return;
  if (is_acl(name)) {
    c.miss(about, copy_step::set_mode, e, c.options.require);
  } else {
    c.miss(about, copy_step::set_xattr, e, c.options.require_xattrs, name);
  }
}

/// Only a file system without attributes, and one whose files we may not ask, are as good as none.
bool tells_of_none(const error& e) noexcept {
  return e == errc::not_supported || e == errc::permission_denied;
}

void miss_list(context& c, const subject& about, const error& e) {
  if (tells_of_none(e) || (c.options.silent_xattrs && !tells_all(c))) return;
  c.miss(about, copy_step::list_xattrs, e, c.options.require_xattrs);
}

task<void> keep_xattr(context& c, const subject& about, const file& from, const file& to,
                      const char* name) {
  auto copying_it = copy_xattr(from, to, name);
  auto copied = co_await std::move(copying_it);
  if (!copied) miss_xattr(c, about, name, copied.error());
}

}  // namespace

task<result<void>> copy_xattr(const file& from, const file& to, const char* name) {
  std::vector<std::byte> value(256);
  result<std::size_t> size = std::size_t{0};
  for (;;) {
    size = co_await from.get_xattr(name, value);
    if (size || size.error() != errc::too_small) break;
    value.resize(value.size() < 65536 ? value.size() * 4 : value.size() * 2);
    if (value.size() > (1 << 22)) break;
  }
  if (!size) co_return std::unexpected(size.error());
  value.resize(*size);
  auto set = co_await to.set_xattr(name, value);
  co_return set;
}

task<std::vector<char>> list_xattrs(context& c, const subject& about, const file& of) {
  std::vector<char> names(1024);
  for (;;) {
    auto size = co_await of.list_xattr(names);
    if (size) {
      names.resize(*size);
      break;
    }
    if (size.error() != errc::too_small || names.size() >= (1 << 20)) {
      miss_list(c, about, size.error());
      names.clear();
      break;
    }
    names.resize(names.size() * 4);
  }
  co_return names;
}

namespace {

task<void> copy_xattrs(context& c, const subject& about, const file& from, const file& to,
                       const target_state& w) {
  if (!from || (!c.options.preserve_xattrs && !c.options.preserve_mode)) co_return;
  auto listing = list_xattrs(c, about, from);
  const std::vector<char> names = co_await std::move(listing);
  bool has_access = false;
  bool has_default = false;
  for (std::size_t at = 0; at < names.size(); at += std::strlen(&names[at]) + 1) {
    const char* name = &names[at];
    has_access |= std::strcmp(name, access_acl) == 0;
    has_default |= std::strcmp(name, default_acl) == 0;
    if (!is_wanted(c, name)) continue;
    auto copying_one = keep_xattr(c, about, from, to, name);
    co_await std::move(copying_one);
  }
  // What the target has and the source has not: an old file's, or what its directory gave it.
  if (!c.options.preserve_mode || (w.fresh && !w.inherits_acl)) co_return;
  if (!has_access) {
    auto gone = co_await to.remove_xattr(access_acl);
    static_cast<void>(gone);
  }
  if (w.directory && !has_default) {
    auto gone = co_await to.remove_xattr(default_acl);
    static_cast<void>(gone);
  }
}

/// Before an old file changes hands: its new owner's rights must not be given to whom the old mode
/// let in. False: that could not be done.
task<bool> close_to_others(context& c, const subject& about, const file& to,
                           const file_status& from, std::uint16_t mode) {
  const auto gone = static_cast<std::uint16_t>(mode & (~from.mode | 07000));
  if (gone == 0) co_return true;
  auto closed = co_await to.set_mode(mode & from.mode & 0700);
  const bool tolerable = closed || (closed.error() == errc::permission_denied && !c.options.privileged);
  if (!tolerable) c.miss(about, copy_step::set_owner, closed.error(), c.options.require);
  co_return closed.has_value();
}

void miss_owner(context& c, const subject& about, const error& e) {
  // Only root gives files away.
  const bool refused = e == errc::permission_denied || e == errc::invalid;
  if (refused && !c.options.privileged) return;
  c.miss(about, copy_step::set_owner, e, c.options.require);
}

/// True if the owner is right now; set-id bits may only stay then.
task<bool> copy_owner(context& c, const subject& about, const file& to, const file_status& from,
                      const target_state& w) {
  if (!w.fresh && !w.directory) {
    auto now = co_await to.stat();
    if (now && now->owner == from.owner && now->group == from.group) co_return true;
    if (now && c.options.preserve_mode) {
      auto closing = close_to_others(c, about, to, from, now->mode);
      const bool closed = co_await std::move(closing);
      if (!closed) co_return false;
    }
  }
  auto both = co_await to.set_owner(from.owner, from.group);
  if (both) co_return true;
  // The group may still be one of ours.
  auto group = co_await to.set_owner(keep_id, from.group);
  static_cast<void>(group);
  miss_owner(c, about, both.error());
  co_return false;
}

}  // namespace

task<void> copy_attributes(context& c, const subject& about, const file& from, const file& to,
                           const file_status& s, const target_state& w) {
  bool owned = true;
  if (w.directory && c.sets_contexts()) {
    auto labelling = label_directory(c, about, from, to, w);
    co_await std::move(labelling);
  }
  if (c.options.preserve_owner) {
    auto owning = copy_owner(c, about, to, s, w);
    owned = co_await std::move(owning);
  }
  auto xattrs = copy_xattrs(c, about, from, to, w);
  co_await std::move(xattrs);
  result<void> moded;
  if (c.options.preserve_mode) {
    moded = co_await to.set_mode(owned ? s.mode : s.mode & 0777);
  } else if (w.fresh && (c.options.plain_mode || w.mode_now != w.mode_final)) {
    moded = co_await to.set_mode(w.mode_final);
  }
  if (!moded) c.miss(about, copy_step::set_mode, moded.error(), c.options.require);
  if (c.options.preserve_times) {
    auto timed =
        co_await to.set_times(time_change::at(s.accessed), time_change::at(s.modified));
    if (!timed) c.miss(about, copy_step::set_times, timed.error(), c.options.require);
  }
}

namespace {

task<void> copy_xattr_by_name(context& c, const item& i, const char* name,
                              std::span<std::byte> room) {
  auto got = co_await i.from.get_xattr(i.name, name, room);
  if (!got) {
    miss_xattr(c, i, name, got.error());
    co_return;
  }
  const std::span<const std::byte> value = room.first(*got);
  auto set = co_await i.to.set_xattr(i.target_name, name, value);
  if (!set) miss_xattr(c, i, name, set.error());
}

task<void> copy_xattrs_by_name(context& c, const item& i, bool link) {
  const bool acls = c.options.preserve_mode && !link;
  if (!c.options.preserve_xattrs && !acls) co_return;
  std::vector<char> names(65536);
  auto size = co_await i.from.list_xattr(i.name, names);
  if (!size) miss_list(c, i, size.error());
  names.resize(size ? *size : 0);
  bool has_access = false;
  std::vector<std::byte> room(names.empty() ? 0 : 65536);
  for (std::size_t at = 0; at < names.size(); at += std::strlen(&names[at]) + 1) {
    const char* name = &names[at];
    has_access |= std::strcmp(name, access_acl) == 0;
    if (!is_wanted(c, name)) continue;
    auto copying_one = copy_xattr_by_name(c, i, name, room);
    co_await std::move(copying_one);
  }
  if (!acls || has_access || !i.inherits_acl()) co_return;
  auto gone = co_await i.to.remove_xattr(i.target_name, access_acl);  // its directory's gift
  static_cast<void>(gone);
}

/// What has been made is no link; if there is one now, somebody else has put it there.
task<void> copy_mode_by_name(context& c, const item& i, const file_status& s, bool owned) {
  const auto allowed = static_cast<std::uint16_t>(~c.options.umask);
  result<void> moded;
  if (c.options.preserve_mode) {
    const std::uint16_t mode = owned ? s.mode : s.mode & 0777;
    moded = co_await i.to.set_mode(i.target_name, mode, lookup::no_follow);
  } else if (c.options.plain_mode) {
    const std::uint16_t any = s.type == file_type::socket ? 0777 : 0666;
    moded = co_await i.to.set_mode(i.target_name, any & allowed, lookup::no_follow);
  } else if (c.options.preserve_owner) {
    const auto mode = static_cast<std::uint16_t>(s.mode & 0777 & allowed);
    moded = co_await i.to.set_mode(i.target_name, mode, lookup::no_follow);
  }
  if (!moded) c.miss(i, copy_step::set_mode, moded.error(), c.options.require);
}

}  // namespace

task<void> copy_attributes_by_name(context& c, const item& i, const file_status& s) {
  // A link made instead of a copy has nothing of the source's but its times.
  const bool instead = c.options.kind == copy_kind::symlink;
  const bool link = instead || s.type == file_type::symlink;
  bool owned = true;
  if (c.options.preserve_owner && !instead) {
    auto both = co_await i.to.set_owner(i.target_name, s.owner, s.group);
    if (!both && both.error() == errc::permission_denied) {
      auto group = co_await i.to.set_owner(i.target_name, keep_id, s.group);
      static_cast<void>(group);
    }
    owned = both.has_value();
    if (!owned) miss_owner(c, i, both.error());
  }
  if (c.sets_contexts()) {
    auto labelling = label_by_name(c, i, link ? file_type::symlink : s.type);
    const bool labelled = co_await std::move(labelling);
    static_cast<void>(labelled);  // if not, that was told
  }
  if (!instead) {
    auto xattrs = copy_xattrs_by_name(c, i, link);
    co_await std::move(xattrs);
  }
  if (!link) {
    auto moding = copy_mode_by_name(c, i, s, owned);
    co_await std::move(moding);
  }
  if (c.options.preserve_times) {
    auto timed = co_await i.to.set_times(i.target_name, time_change::at(s.accessed),
                                         time_change::at(s.modified));
    if (!timed) c.miss(i, copy_step::set_times, timed.error(), c.options.require);
  }
}

}  // namespace sluice::inline v0::copying

// What a file keeps when a copy takes its place: all that it would have kept, had it been written to.
#include "fs/copy/attributes.hpp"

namespace sluice::inline v0::copying {

namespace {

/// Whoever writes to a file takes its capabilities and its signature.
bool outlives_writing(const char* name) noexcept {
  return std::strcmp(name, "security.capability") != 0 && std::strcmp(name, "security.ima") != 0 &&
         std::strcmp(name, "security.evm") != 0;
}

/// False: rights would be lost or given, and that was told.
task<bool> copy_old_xattrs(context& c, const subject& about, const file& old, const file& to) {
  auto listing = list_xattrs(c, about, old);
  const std::vector<char> names = co_await std::move(listing);
  bool has_access = false;
  for (std::size_t at = 0; at < names.size(); at += std::strlen(&names[at]) + 1) {
    const char* name = &names[at];
    const bool labelled = c.options.preserve_context && std::strcmp(name, context_xattr) == 0;
    if (labelled || !outlives_writing(name)) continue;
    auto copying_one = copy_xattr(old, to, name);
    auto copied = co_await std::move(copying_one);
    const bool rights = is_acl(name);
    has_access |= rights;
    if (copied || copied.error() == errc::no_attribute) continue;
    c.miss(about, rights ? copy_step::set_mode : copy_step::set_xattr, copied.error(), rights, name);
    if (rights) co_return false;
  }
  if (has_access) co_return true;
  auto gone = co_await to.remove_xattr(access_acl);  // its directory's gift
  static_cast<void>(gone);
  co_return true;
}

}  // namespace

task<bool> copy_old_attributes(context& c, const subject& about, const file& old,
                               const file_status& s, const file& to) {
  auto now = co_await to.stat(stat_mask::owner);
  const bool owned = now && now->owner == s.owner && now->group == s.group;
  if (!owned) {
    auto given = co_await to.set_owner(s.owner, s.group);
    if (!given) {
      c.fail(about, copy_step::set_owner, given.error());
      co_return false;
    }
  }
  auto copying_xattrs = copy_old_xattrs(c, about, old, to);
  const bool copied = co_await std::move(copying_xattrs);
  if (!copied) co_return false;
  // Set-id bits outlast only the writing of who may give them.
  auto moded = co_await to.set_mode(c.options.privileged ? s.mode : s.mode & 01777);
  if (!moded) c.fail(about, copy_step::set_mode, moded.error());
  co_return moded.has_value();
}

}  // namespace sluice::inline v0::copying

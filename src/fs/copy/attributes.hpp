// Extended attributes, and those among them that are rights.
#pragma once

#include <cstring>
#include <vector>

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

inline constexpr const char* access_acl = "system.posix_acl_access";
inline constexpr const char* default_acl = "system.posix_acl_default";

inline bool is_acl(const char* name) noexcept {
  return std::strcmp(name, access_acl) == 0 || std::strcmp(name, default_acl) == 0;
}

/// Where SELinux keeps its contexts. They are ordinary attributes only where nothing was said of them.
inline constexpr const char* context_xattr = "security.selinux";

task<result<void>> copy_xattr(const file& from, const file& to, const char* name);

/// The names, each terminated; empty where there are none or the file system has no such thing.
task<std::vector<char>> list_xattrs(context& c, const subject& about, const file& of);

}  // namespace sluice::inline v0::copying

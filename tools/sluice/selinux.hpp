#pragma once

#include <string>

namespace sluice::tool {

/// Whether this system has SELinux, found out as libselinux does: its file system is mounted, and there
/// is a configuration.
bool has_selinux();

/// Whether the system would make nothing with this context, since its policy does not know it; a permissive
/// one may all the same.
bool rejects_context(const std::string& context);

}  // namespace sluice::tool

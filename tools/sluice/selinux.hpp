#pragma once

#include <string>

namespace sluice::tool {

/// Whether this system has SELinux, found out as libselinux does: its file system is mounted, and there
/// is a configuration.
bool has_selinux();

/// Whether the system says that its policy makes nothing of this context. Not everybody may ask.
bool rejects_context(const std::string& context);

}  // namespace sluice::tool

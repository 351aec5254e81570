#pragma once

namespace sluice::tool {

/// Whether this system has SELinux, found out as libselinux does: its file system is mounted, and there
/// is a configuration.
bool has_selinux();

}  // namespace sluice::tool

#include "selinux.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace sluice::tool {

namespace {

/// A read-only one is what a container sees of its host's.
bool is_selinuxfs(const char* path) {
  constexpr std::uint32_t magic = 0xf97cff8c;
  struct statfs s{};
  return ::statfs(path, &s) == 0 && static_cast<std::uint32_t>(s.f_type) == magic &&
         (s.f_flags & ST_RDONLY) == 0;
}

/// Calls `seen` with each line, until it says that this was the one.
template <class Seen>
bool any_line(const char* path, Seen seen) {
  std::FILE* const from = std::fopen(path, "re");
  if (from == nullptr) return false;
  char line[4096];
  bool found = false;
  while (!found && std::fgets(line, sizeof line, from) != nullptr) found = seen(line);
  std::fclose(from);
  return found;
}

bool is_mounted_elsewhere() {
  const bool known = any_line("/proc/filesystems",
                              [](const char* line) { return std::strstr(line, "selinuxfs") != nullptr; });
  return known && any_line("/proc/mounts", [](char* line) {
           std::strtok(line, " ");
           const char* const where = std::strtok(nullptr, " ");
           const char* const type = std::strtok(nullptr, " ");
           return type != nullptr && std::strcmp(type, "selinuxfs") == 0 && is_selinuxfs(where);
         });
}

}  // namespace

bool has_selinux() {
  const bool mounted = is_selinuxfs("/sys/fs/selinux") || is_selinuxfs("/selinux") || is_mounted_elsewhere();
  return mounted && ::access("/etc/selinux/config", F_OK) == 0;
}

bool rejects_context(const std::string& context) {
  // Without SELinux another security module would answer.
  if (::access("/sys/fs/selinux/enforce", F_OK) != 0) return false;
  const int asked = ::open("/proc/thread-self/attr/fscreate", O_RDWR | O_CLOEXEC);
  if (asked < 0) return false;
  const ssize_t set = ::write(asked, context.c_str(), context.size() + 1);
  const bool rejected = set < 0 && errno == EINVAL;
  static_cast<void>(set > 0 && ::write(asked, nullptr, 0) != 0);  // it was only a question
  ::close(asked);
  return rejected;
}

}  // namespace sluice::tool

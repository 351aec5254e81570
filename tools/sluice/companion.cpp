#include "companion.hpp"

#include <limits.h>
#include <unistd.h>

namespace sluice::tool {

namespace {

/// The directory of this program; empty where /proc is not there.
std::string own_directory() {
  char path[PATH_MAX];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string whole(path, n > 0 ? static_cast<std::size_t>(n) : 0);
  return whole.substr(0, whole.rfind('/') + 1);
}

}  // namespace

std::array<std::string, 2> companion_places(const char* name) {
  const std::string here = own_directory();
  return {here + name, here + "../libexec/sluice/" + name};
}

}  // namespace sluice::tool

// sluice serve: started as a program of its own, as git does with its larger commands. It lies beside
// this one, or where CMake installs programs for programs.
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "commands.hpp"
#include "report.hpp"

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

int serve_main(int, char** argv) {
  const std::string here = own_directory();
  for (const std::string& place : {here, here + "../libexec/sluice/"}) {
    ::execv((place + "sluice-serve").c_str(), argv);
    if (errno != ENOENT) break;
  }
  complain(program(), std::string("cannot start sluice-serve: ") + std::strerror(errno));
  return 127;
}

}  // namespace sluice::tool

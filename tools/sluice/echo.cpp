// sluice echo: the transport alone, served and measured.
#include "echo.hpp"

#include <sys/resource.h>

#include "commands.hpp"

namespace sluice::tool {

namespace {

/// A connection is a descriptor: as many as the administrator allows.
void allow_descriptors() {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return;
  now.rlim_cur = now.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &now);  // else it goes on with fewer
}

}  // namespace

int echo_main(int argc, char** argv) {
  echo_options how;
  switch (parse_echo_options(argc, argv, how)) {
    case parsed::done: return 0;
    case parsed::wrong: return 1;
    case parsed::run: break;
  }
  allow_descriptors();
  return how.serve ? echo_serve(how) : echo_load(how);
}

}  // namespace sluice::tool

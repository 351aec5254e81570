// sluice serve: started as a program of its own, as git does with its larger commands.
#include <errno.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "commands.hpp"
#include "companion.hpp"
#include "report.hpp"

namespace sluice::tool {

int serve_main(int, char** argv) {
  for (const std::string& place : companion_places("sluice-serve")) {
    ::execv(place.c_str(), argv);
    if (errno != ENOENT) break;
  }
  complain(program(), std::string("cannot start sluice-serve: ") + std::strerror(errno));
  return 127;
}

}  // namespace sluice::tool

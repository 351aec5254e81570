// sluice echo: the transport alone, served and measured.
#include "echo.hpp"

#include "commands.hpp"
#include "common/descriptor_table.hpp"

namespace sluice::tool {

int echo_main(int argc, char** argv) {
  echo_options how;
  switch (parse_echo_options(argc, argv, how)) {
    case parsed::done: return 0;
    case parsed::wrong: return 1;
    case parsed::run: break;
  }
  allow_descriptors(16'384);  // a connection takes one
  return how.serve ? echo_serve(how) : echo_load(how);
}

}  // namespace sluice::tool

// `sluice serve ...`: a program of its own, because it loads what other commands have no use for.
#include <cstdio>
#include <exception>

#include "options.hpp"
#include "server.hpp"

int main(int argc, char** argv) {
  try {
    int status = 0;
    const auto settings = sluice::serve::read_options(argc, argv, status);
    return settings ? sluice::serve::serve_http(*settings) : status;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sluice serve: %s\n", e.what());
    return 1;
  }
}

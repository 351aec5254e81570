#include "locale.hpp"

#include <getopt.h>

#include <clocale>

namespace sluice::tool {

void use_locale() {
  [[maybe_unused]] static const bool once = std::setlocale(LC_ALL, "") != nullptr;
}

int next_option(int argc, char** argv, const char* letters, const option* names, int* index) {
  ::opterr = 0;
  int letter = ::getopt_long(argc, argv, letters, names, index);
  if (letter != '?') return letter;
  // The same once more, aloud. What has been rearranged so far stays in that order.
  use_locale();
  ::opterr = 1;
  ::optind = 0;
  do {
    letter = ::getopt_long(argc, argv, letters, names, index);
  } while (letter != '?' && letter != -1);
  return letter;
}

}  // namespace sluice::tool

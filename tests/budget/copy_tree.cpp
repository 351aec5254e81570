// A copy on plain calls, for counting its system calls: copy_tree SOURCE TARGET.
#include <sys/stat.h>

#include <cstdio>

#include "sluice/fs/copy.hpp"
#include "sluice/fs/walk.hpp"
#include "sluice/system.hpp"

namespace {

class telling final : public sluice::copy_listener {
 public:
  void failed(const sluice::copy_problem& p) override {
    std::fprintf(stderr, "%s\n", p.source.c_str());
  }
  void copying(const std::string&, const std::string&, const std::string&) override {}
  void removed(const std::string&) override {}
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  // What `cp -r` asks for.
  sluice::copy_options how;
  how.recursive = true;
  how.follow = sluice::follow_links::never;
  const auto mask = ::umask(022);
  ::umask(mask);
  how.umask = static_cast<std::uint16_t>(mask);
  sluice::tree_limits limits = sluice::limits_for_trees(1);
  limits.crew.loop.ways = sluice::way_choice::calls;
  sluice::crew workers(limits.crew);
  telling words;
  const auto here = sluice::system().current_dir();
  const sluice::copy_operand operands[] = {{argv[1], argv[2]}};
  const bool all = sluice::copy_trees(workers, here, here, operands, how, limits.open_directories, words);
  return all ? 0 : 1;
}

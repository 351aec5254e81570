// A size walk on plain calls, for counting its system calls: size_walk DIRECTORY [names].
#include <cstdio>
#include <cstring>

#include "sluice/fs/tree_size.hpp"
#include "sluice/system.hpp"

namespace {

class sizing final : public sluice::tree_size {
 public:
  using tree_size::tree_size;

 private:
  void failed(const std::string& path, sluice::walk_step, const sluice::error&) override {
    std::fprintf(stderr, "%s\n", path.c_str());
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  sluice::size_options how;
  if (argc > 2 && std::strcmp(argv[2], "names") == 0) {
    how.order = sluice::size_order::names;
    how.told_depth = 99;
    how.tell_files = true;
  }
  sluice::tree_limits limits = sluice::limits_for_trees(1);
  limits.crew.loop.ways = sluice::way_choice::calls;
  sluice::crew workers(limits.crew);
  sizing s(how);
  const std::vector<std::string> operands{argv[1]};
  const auto sum = s.run(limits, workers, sluice::system().current_dir(), operands);
  std::printf("%llu\n", static_cast<unsigned long long>(sum.entries));
}

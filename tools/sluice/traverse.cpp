// sluice traverse: how many files and bytes there are.
#include <getopt.h>

#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

#include "commands.hpp"
#include "locale.hpp"
#include "operands.hpp"
#include "report.hpp"
#include "sluice/fs/tree_size.hpp"
#include "sluice/system.hpp"
#include "stats.hpp"

namespace sluice::tool {
namespace {

constexpr char help_text[] =
    "Usage: sluice traverse [OPTION]... PATH...\n"
    "Count the entries of trees and the bytes in them: files of every type, the\n"
    "directories and the PATHs themselves. Hard links and PATHs that overlap count\n"
    "once. Bytes are those of `du -bs`. Symbolic links are not followed.\n"
    "\n"
    "      --jobs=N   use N threads (default: cores + 4, or 1 on one core)\n"
    "      --stats    tell on stderr which operations were done, and which way\n"
    "      --help     this text\n"
    "\n"
    "Example:\n"
    "  sluice traverse src include\n";

class counting final : public tree_size {
 public:
  counting() : tree_size(size_options()) {}
  bool all_well() const noexcept { return !failed_.load(); }

 private:
  void failed(const std::string& path, walk_step step, const error& why) override {
    complain("sluice traverse", path, step, why);
    failed_ = true;
  }
  std::atomic<bool> failed_ = false;
};

enum : int { option_help = 256, option_jobs, option_stats };

constexpr option long_options[] = {{"help", no_argument, nullptr, option_help},
                                   {"jobs", required_argument, nullptr, option_jobs},
                                   {"stats", no_argument, nullptr, option_stats},
                                   {nullptr, 0, nullptr, 0}};

}  // namespace

int traverse_main(int argc, char** argv) {
  unsigned jobs = 0;
  bool stats = false;
  for (int c = 0; (c = next_option(argc, argv, "", long_options)) != -1;) {
    switch (c) {
      case option_help: std::fputs(help_text, stdout); return 0;
      case option_stats: stats = true; break;
      case option_jobs:
        if (!parse_jobs("sluice traverse", ::optarg, jobs)) return 1;
        break;
      default: return try_help("sluice traverse");
    }
  }
  if (::optind == argc) {
    complain("sluice traverse", "missing operand");
    return try_help("sluice traverse");
  }
  bool all_named = true;
  const auto operands = take_operands("sluice traverse", argv + ::optind, argv + argc, all_named);

  const tree_limits limits = limits_for_walks(jobs);
  crew workers(limits.crew);
  const dir here = system().current_dir();
  counting count;
  const size_totals found = count.run(limits, workers, here, operands);
  std::printf("%" PRIu64 " files, %" PRIu64 " bytes\n", found.entries, found.apparent);
  if (stats) print_statistics(workers);
  const bool written = close_output("sluice traverse");
  return all_named && count.all_well() && written ? 0 : 1;
}

}  // namespace sluice::tool

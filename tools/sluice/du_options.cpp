#include "du_options.hpp"

#include <getopt.h>

#include <cstdio>
#include <string>

#include "operands.hpp"
#include "report.hpp"
#include "sluice/version.hpp"

namespace sluice::tool {

namespace {

constexpr char help_text[] =
    "Usage: sluice du [OPTION]... [PATH]...\n"
    "What trees take on the disk, directory by directory; the present directory if no\n"
    "PATH is given. Options and lines are those of GNU du; siblings may come in\n"
    "another order.\n"
    "\n"
    "What is counted:\n"
    "      --apparent-size    the sizes of files, not what they take on the disk\n"
    "  -l, --count-links      hard links again for each of their names\n"
    "  -x, --one-file-system  only what is on the same file system as the PATH\n"
    "Which lines are printed:\n"
    "  -a, --all              for every entry, not only for directories\n"
    "  -c, --total            a total of all PATHs at the end\n"
    "  -d, --max-depth=N      only down to N levels below each PATH\n"
    "  -s, --summarize        only one for each PATH\n"
    "  -0, --null             ended by NUL, not by newline\n"
    "In which unit (rounded up):\n"
    "  -B, --block-size=SIZE  SIZE bytes: 512, K, MiB, GB, human-readable, si...\n"
    "  -b, --bytes            as --apparent-size --block-size=1\n"
    "  -h, --human-readable   1K 234M 2G\n"
    "      --si               the same in powers of 1000\n"
    "  -k, -m                 as --block-size=1K, --block-size=1M\n"
    "And:\n"
    "      --jobs=N           N threads (default: one for each core)\n"
    "      --stats            tells on stderr which operations were done, which way\n"
    "      --help, --version\n"
    "\n"
    "Without such an option the unit is DU_BLOCK_SIZE, BLOCK_SIZE or BLOCKSIZE from\n"
    "the environment, else 1024 bytes (512 if POSIXLY_CORRECT is set).\n"
    "\n"
    "Examples:\n"
    "  sluice du -sh /usr /var\n"
    "  sluice du -xad1 / | sort -n\n";

enum : int { long_only = 256, apparent_size, si, jobs_option, stats, help, version };

constexpr option long_options[] = {
    {"all", no_argument, nullptr, 'a'},
    {"apparent-size", no_argument, nullptr, apparent_size},
    {"block-size", required_argument, nullptr, 'B'},
    {"bytes", no_argument, nullptr, 'b'},
    {"count-links", no_argument, nullptr, 'l'},
    {"human-readable", no_argument, nullptr, 'h'},
    {"si", no_argument, nullptr, si},
    {"max-depth", required_argument, nullptr, 'd'},
    {"null", no_argument, nullptr, '0'},
    {"one-file-system", no_argument, nullptr, 'x'},
    {"summarize", no_argument, nullptr, 's'},
    {"total", no_argument, nullptr, 'c'},
    {"jobs", required_argument, nullptr, jobs_option},
    {"stats", no_argument, nullptr, stats},
    {"help", no_argument, nullptr, help},
    {"version", no_argument, nullptr, version},
    {nullptr, 0, nullptr, 0}};

/// What comes to light only when all options are known.
struct notes {
  bool good = true;
  bool summarize = false;
  bool depth_given = false;
};

void take_depth(const char* text, du_options& into, notes& n) {
  std::uint64_t depth = 0;
  if (parse_count(text, depth) == parsed::good) {
    into.max_depth = depth;
    n.depth_given = true;
    return;
  }
  complain(program(), "invalid maximum depth " + quoted_argument(text));
  n.good = false;
}

/// A number: the command is over.
std::optional<int> take(int c, bool long_form, du_options& into, notes& n) {
  switch (c) {
    case '0': into.line_end = '\0'; break;
    case 'a': into.all = true; break;
    case apparent_size: into.apparent = true; break;
    case 'b':
      into.apparent = true;
      into.sizes = size_format::of(1);
      break;
    case 'B': {
      const parsed p = into.sizes.parse(::optarg);
      if (p == parsed::good) break;
      complain(program(), complaint(p, long_form ? "--block-size" : "-B", ::optarg));
      return 1;
    }
    case 'c': into.total = true; break;
    case 'd': take_depth(::optarg, into, n); break;
    case 'h': into.sizes = size_format::human(true); break;
    case si: into.sizes = size_format::human(false); break;
    case 'k': into.sizes = size_format::of(1024); break;
    case 'l': into.every_link = true; break;
    case 'm': into.sizes = size_format::of(1024 * 1024); break;
    case 's': n.summarize = true; break;
    case 'x': into.one_file_system = true; break;
    case jobs_option:
      if (!parse_jobs(program(), ::optarg, into.jobs)) return 1;
      break;
    case stats: into.statistics = true; break;
    case help: std::fputs(help_text, stdout); return 0;
    case version: std::puts("sluice " SLUICE_VERSION); return 0;
    default: n.good = false;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> parse_du_options(int argc, char** argv, du_options& into) {
  into.sizes = size_format::from_environment();
  notes n;
  for (;;) {
    int index = -1;
    const int c = ::getopt_long(argc, argv, "0abB:cd:hklmsx", long_options, &index);
    if (c == -1) break;
    if (const auto over = take(c, index >= 0, into, n)) return over;
  }
  if (!n.good) return try_help(program());
  if (into.all && n.summarize) {
    complain(program(), "cannot both summarize and show all entries");
    return try_help(program());
  }
  if (n.summarize && n.depth_given) {
    if (into.max_depth != 0) {
      complain(program(), "warning: summarizing conflicts with --max-depth=" +
                                 std::to_string(into.max_depth));
      return try_help(program());
    }
    complain(program(), "warning: summarizing is the same as using --max-depth=0");
  }
  if (n.summarize) into.max_depth = 0;
  return std::nullopt;
}

}  // namespace sluice::tool

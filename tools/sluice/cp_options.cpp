#include "cp_options.hpp"

#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "operands.hpp"
#include "report.hpp"
#include "sluice/describe.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"
#include "sluice/version.hpp"

namespace sluice::tool {

namespace {

constexpr const char* help =
    R"(Usage: sluice cp [OPTION]... SOURCE DEST
       sluice cp [OPTION]... SOURCE... DIRECTORY
       sluice cp [OPTION]... -t DIRECTORY SOURCE...
Copy files and trees, on all cores.

What to copy
  -r, -R, --recursive          directories with all that is in them
  -a, --archive                same as -dR --preserve=all
  -x, --one-file-system        stay on the source's file system
Symbolic links
  -P, --no-dereference         copy links as links (the default with -r)
  -L, --dereference            copy what they point to (the default without -r)
  -H                           follow only those named on the command line
  -d                           same as -P --preserve=links
What to keep
  -p                           same as --preserve=mode,ownership,timestamps
      --preserve[=LIST]        mode, ownership, timestamps, links, xattr, all
Existing targets
  -f, --force                  remove a target that can't be opened, try again
  -n, --no-clobber             leave existing files alone
  -u, --update                 replace only what is older than the source
Where to
  -t, --target-directory=DIR   copy all sources into DIR
  -T, --no-target-directory    DEST is the copy's name, even if it is a directory
Output
  -v, --verbose                name each file as it is copied
      --stats                  tell how the work was done, on standard error
      --jobs=N                 threads to use (default: one per core)
      --help                   this text
      --version                the version

Holes stay holes, and blocks are shared where the file system can do that.
Exit status: 0 if all was copied, 1 otherwise.

  sluice cp -a ~/project /backup     a faithful copy of a tree
  sluice cp -ru photos /mnt/disk     only what is new or newer
)";

enum long_only { opt_preserve = 256, opt_stats, opt_jobs, opt_help, opt_version };

constexpr option long_options[] = {
    {"archive", no_argument, nullptr, 'a'},
    {"recursive", no_argument, nullptr, 'R'},
    {"one-file-system", no_argument, nullptr, 'x'},
    {"no-dereference", no_argument, nullptr, 'P'},
    {"dereference", no_argument, nullptr, 'L'},
    {"preserve", optional_argument, nullptr, opt_preserve},
    {"force", no_argument, nullptr, 'f'},
    {"no-clobber", no_argument, nullptr, 'n'},
    {"update", no_argument, nullptr, 'u'},
    {"target-directory", required_argument, nullptr, 't'},
    {"no-target-directory", no_argument, nullptr, 'T'},
    {"verbose", no_argument, nullptr, 'v'},
    {"stats", no_argument, nullptr, opt_stats},
    {"jobs", required_argument, nullptr, opt_jobs},
    {"help", no_argument, nullptr, opt_help},
    {"version", no_argument, nullptr, opt_version},
    {nullptr, 0, nullptr, 0},
};

constexpr const char* name = "sluice cp";

/// All that is wrong with a command line ends it with status 1.
int wrong(const std::string& message) {
  complain(name, message);
  return 1;
}

int usage_error(const std::string& message) {
  if (!message.empty()) complain(name, message);
  return try_help(name);
}

bool preserve(copy_options& o, std::string_view what) {
  const bool all = what == "all";
  const bool mode = what == "mode", owner = what == "ownership", times = what == "timestamps";
  const bool links = what == "links", xattr = what == "xattr";
  if (!all && !mode && !owner && !times && !links && !xattr) return false;
  o.preserve_mode |= all || mode;
  o.preserve_owner |= all || owner;
  o.preserve_times |= all || times;
  o.preserve_links |= all || links;
  o.preserve_xattrs |= all || xattr;
  o.require_xattrs |= xattr;
  return true;
}

bool preserve_list(copy_options& o, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (!preserve(o, list.substr(0, comma))) return false;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return true;
}

/// The raw command line.
struct parsed {
  std::optional<follow_links> follow;
  const char* target_directory = nullptr;
  bool no_target_directory = false;
};

/// The letters; false: not one of ours.
bool take_letter(int letter, cp_command& c, parsed& p) {
  switch (letter) {
    case 'a':
      preserve(c.copy, "all");
      c.copy.recursive = true;
      p.follow = follow_links::never;
      return true;
    case 'd':
      c.copy.preserve_links = true;
      p.follow = follow_links::never;
      return true;
    case 'p': return preserve_list(c.copy, "mode,ownership,timestamps");
    case 'r':
    case 'R': return c.copy.recursive = true;
    case 'P': p.follow = follow_links::never; return true;
    case 'L': p.follow = follow_links::always; return true;
    case 'H': p.follow = follow_links::operands; return true;
    case 'f': return c.copy.force = true;
    case 'n': c.copy.overwrite = overwrite_mode::never; return true;
    case 'u':
      if (c.copy.overwrite != overwrite_mode::never) c.copy.overwrite = overwrite_mode::if_older;
      return true;
    case 'v': return c.verbose = true;
    case 'x': return c.copy.one_file_system = true;
    case 'T': return p.no_target_directory = true;
    default: return false;
  }
}

/// 0: go on. Otherwise the command is at its end, with this status minus one.
int take_option(int letter, cp_command& c, parsed& p) {
  if (take_letter(letter, c, p)) return 0;
  switch (letter) {
    case 't':
      if (p.target_directory != nullptr) {
        return 1 + wrong("multiple target directories specified");
      }
      p.target_directory = optarg;
      return 0;
    case opt_preserve:
      if (preserve_list(c.copy, optarg != nullptr ? optarg : "mode,ownership,timestamps")) return 0;
      return 1 + usage_error("invalid argument " + quoted(optarg) + " for '--preserve'");
    case opt_stats: c.stats = true; return 0;
    case opt_jobs: return parse_jobs(name, optarg, c.jobs) ? 0 : 2;
    case opt_help: std::fputs(help, stdout); return 1;
    case opt_version: std::printf("sluice cp %s\n", version); return 1;
    default: return 1 + usage_error({});  // getopt has said what was wrong
  }
}

std::string strip_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string name_in(const std::string& directory, const std::string& source) {
  const std::string whole = strip_slashes(source);
  const std::size_t slash = whole.rfind('/');
  const std::string last = whole == "/" ? "" : whole.substr(slash == std::string::npos ? 0 : slash + 1);
  if (last == "..") return directory;
  std::string path = directory;
  if (!path.empty() && path.back() != '/') path += '/';
  return path + last;
}

result<file_status> look(const std::string& path) {
  if (path.empty()) return std::unexpected(error(errc::not_found));
  const auto here = system().current_dir();
  return sync(here.stat(path, stat_mask::type, lookup::follow));
}

/// Which name each source gets; 0, or the status to exit with.
int find_targets(cp_command& c, const parsed& p, std::vector<std::string> names) {
  if (names.empty()) return usage_error("missing file operand");
  std::string into;
  if (p.target_directory != nullptr) {
    if (p.no_target_directory) {
      return wrong("cannot combine --target-directory (-t) and --no-target-directory (-T)");
    }
    into = p.target_directory;
    const auto s = look(into);
    const bool is_dir = s && s->type == file_type::directory;
    if (!is_dir) {
      return wrong("target directory " + quoted(into) + ": " +
                      (s ? std::strerror(ENOTDIR) : describe(s.error())));
    }
  } else {
    if (names.size() == 1) {
      return usage_error("missing destination file operand after " + quoted(names[0]));
    }
    const std::string last = names.back();
    if (p.no_target_directory) {
      if (names.size() > 2) return usage_error("extra operand " + quoted(names[2]));
      c.operands.push_back({names[0], last});
      return 0;
    }
    const auto s = look(last);
    if (s && s->type == file_type::directory) {
      into = last;
    } else if (names.size() > 2) {
      return wrong("target " + quoted(last) + ": " +
                      (s ? std::strerror(ENOTDIR) : describe(s.error())));
    } else {
      c.operands.push_back({names[0], last});
      return 0;
    }
    names.pop_back();
  }
  for (const std::string& n : names) c.operands.push_back({n, name_in(into, n)});
  return 0;
}

}  // namespace

std::optional<cp_command> read_cp_command(int argc, char** argv, int& status) {
  cp_command c;
  parsed p;
  for (;;) {
    const int letter =
        ::getopt_long(argc, argv, "adfHLnpPrRt:Tuvx", long_options, nullptr);
    if (letter == -1) break;
    const int ended = take_option(letter, c, p);
    if (ended != 0) {
      status = ended - 1;
      return std::nullopt;
    }
  }
  const auto otherwise = c.copy.recursive ? follow_links::never : follow_links::always;
  c.copy.follow = p.follow.value_or(otherwise);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  c.copy.umask = static_cast<std::uint16_t>(mask);
  c.copy.privileged = ::geteuid() == 0;
  status = find_targets(c, p, std::vector<std::string>(argv + optind, argv + argc));
  if (status != 0) return std::nullopt;
  return c;
}

}  // namespace sluice::tool

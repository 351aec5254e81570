// sluice cp: the words around the library's copy.
#include <cstdio>
#include <string>

#include "commands.hpp"
#include "cp_options.hpp"
#include "report.hpp"
#include "sluice/describe.hpp"
#include "sluice/system.hpp"
#include "stats.hpp"

namespace sluice::tool {

namespace {

/// What could not be done, in GNU's words.
std::string words_for(const copy_problem& p) {
  const std::string s = quoted(p.source);
  const std::string t = quoted(p.target);
  switch (p.step) {
    case copy_step::stat_source: return "cannot stat " + s;
    case copy_step::open_source: return "cannot open " + s + " for reading";
    case copy_step::read_source: return "error reading " + s;
    case copy_step::read_directory: return "cannot access " + s;
    case copy_step::read_link: return "cannot read symbolic link " + s;
    case copy_step::stat_target: return "cannot stat " + t;
    case copy_step::remove_target: return "cannot remove " + t;
    case copy_step::create_file:
    case copy_step::open_target: return "cannot create regular file " + t;
    case copy_step::create_directory: return "cannot create directory " + t;
    case copy_step::create_symlink: return "cannot create symbolic link " + t;
    case copy_step::create_special: return "cannot create special file " + t;
    case copy_step::create_link: return "cannot create hard link " + t + " to " + s;
    case copy_step::write_target: return "error writing " + t;
    case copy_step::set_size: return "failed to extend " + t;
    case copy_step::set_owner: return "failed to preserve ownership for " + t;
    case copy_step::set_mode: return "preserving permissions for " + t;
    case copy_step::set_times: return "preserving times for " + t;
    case copy_step::set_xattr: return "setting attributes for " + t;
    case copy_step::omit_directory: return "-r not specified; omitting directory " + s;
    case copy_step::same_file: return s + " and " + t + " are the same file";
    case copy_step::into_itself:
      return "cannot copy a directory, " + s + ", into itself, " + t;
    case copy_step::directory_over_other:
      return "cannot overwrite non-directory " + t + " with directory " + s;
    case copy_step::other_over_directory:
      return "cannot overwrite directory " + t + " with non-directory";
    case copy_step::dangling_target: return "not writing through dangling symlink " + t;
    case copy_step::just_created: return "will not overwrite just-created " + t + " with " + s;
    case copy_step::cyclic_link: return "cannot copy cyclic symbolic link " + s;
    case copy_step::replaced_source:
      return "skipping file " + s + ", as it was replaced while being copied";
    case copy_step::repeated_file:
      return "warning: source file " + s + " specified more than once";
    case copy_step::repeated_directory:
      return "warning: source directory " + s + " specified more than once";
  }
  return {};
}

bool has_reason(copy_step step) noexcept { return step < copy_step::omit_directory; }

class printer final : public copy_listener {
 public:
  explicit printer(bool verbose) noexcept : verbose_(verbose) {}
  void failed(const copy_problem& p) override {
    std::string line = words_for(p);
    if (has_reason(p.step)) line += ": " + describe(p.why);
    std::fflush(stdout);  // what was said before comes before
    complain("sluice cp", line);
  }
  void copying(const std::string& source, const std::string& target) override {
    say(quoted(source) + " -> " + quoted(target));
  }
  void removed(const std::string& target) override { say("removed " + quoted(target)); }
  bool wants_names() const noexcept override { return verbose_; }

 private:
  static void say(std::string line) {
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
  bool verbose_;
};

}  // namespace

int cp_main(int argc, char** argv) {
  int status = 0;
  const auto command = read_cp_command(argc, argv, status);
  if (!command) return status;
  tree_limits limits = limits_for_trees(command->jobs);
  crew workers(limits.crew);
  const auto here = system().current_dir();
  printer out(command->verbose);
  const bool all_well = copy_trees(workers, here, here, command->operands, command->copy,
                                           limits.open_directories, out);
  if (command->stats) print_statistics(workers);
  return all_well ? 0 : 1;
}

}  // namespace sluice::tool

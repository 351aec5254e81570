// sluice du: what trees take on the disk.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "commands.hpp"
#include "du_lines.hpp"
#include "du_names.hpp"
#include "du_options.hpp"
#include "operands.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "sluice/system.hpp"
#include "stats.hpp"

namespace sluice::tool {
namespace {

size_options engine_options(const du_options& o) {
  size_options s;
  s.every_link = o.every_link;
  s.one_file_system = o.one_file_system;
  s.follow = o.follow == du_follow::all;
  s.follow_operands = o.follow == du_follow::operands;
  s.each_once = o.names_from != nullptr;
  s.filtered = !o.exclude.empty();
  s.time = o.time;
  // Where only sums are told, any of a file's names may be the one that counts.
  const bool only_sums = o.max_depth == 0 && !o.separate;
  s.order = only_sums ? size_order::operands : size_order::names;
  s.told_depth = o.max_depth;
  s.tell_files = o.all;
  return s;
}

/// Links that are followed lead to things in several ways: the order of names decides which is met
/// first, and so where the walk goes.
tree_limits limits_for(const du_options& o) {
  tree_limits limits = limits_for_walks(o.jobs);
  if (o.follow == du_follow::all && !o.every_link) {
    limits.crew.workers = 1;
    limits.crew.works_in_flight = 1;
  }
  return limits;
}

class du_run final : public tree_size {
 public:
  du_run(const du_options& o, output& out)
      : tree_size(engine_options(o)), options_(o), lines_(o, out), progress_(o.progress) {
    progress_.erase_when_interrupted();
  }

  /// After everything.
  void finish(const size_totals& sum) {
    progress_.erase();
    size_totals shown = sum;
    shown.newest = std::max(shown.newest, timestamp{});  // as GNU has it
    if (options_.total) lines_.add_total(shown);
    lines_.finish();
  }
  bool all_well() const noexcept { return !failed_.load(); }

 private:
  void counted(sized_dir& d, const std::string& name, const size_totals& one) override {
    progress_.erase();
    lines_.add(d.where.path_of(name), false, one);
  }
  void left(sized_dir& d) override {
    if (d.depth > options_.max_depth) return;
    progress_.erase();
    lines_.add(d.where.path(), true, options_.separate ? d.own_totals() : d.totals());
  }
  void counted_operand(const std::string& path, const size_totals& one) override {
    progress_.erase();
    lines_.add(path, false, one);
  }
  bool skips(const std::string& operand) override { return options_.exclude.matches(operand); }
  bool skips(walk_dir& d, path_ref name) override {
    return options_.exclude.matches(d.where.path_of(name));
  }
  void seen(sized_dir& d, const size_totals& some) override;
  void failed(const std::string& path, walk_step step, const error& why) override;

  const du_options& options_;
  du_lines lines_;
  progress progress_;
  shared_totals seen_;
  std::atomic<bool> failed_ = false;
};

void du_run::seen(sized_dir& d, const size_totals& some) {
  if (!progress_.shown()) return;
  seen_.add(some);
  progress_.tick([&] {
    const size_totals now = seen_.now();
    const auto bytes = options_.apparent ? now.apparent : now.allocated;
    return std::to_string(now.entries) + " entries, " + size_format::human(true).print(bytes) +
           ": " + d.where.path();
  });
}

void du_run::failed(const std::string& path, walk_step step, const error& why) {
  failed_ = true;
  progress_.erase();
  struct stat link;
  // A link that leads nowhere is there itself, which GNU's message has no words for.
  if (options_.follow != du_follow::none && step == walk_step::stat && why == errc::not_found &&
      ::lstat(path.c_str(), &link) == 0) {
    return complain(program(), "cannot access " + quoted(path));
  }
  complain(program(), path, step, why);
}

}  // namespace

int du_main(int argc, char** argv) {
  du_options options;
  if (const auto over = parse_du_options(argc, argv, options)) return *over;
  const du_names names = find_du_names(options);
  if (names.nothing) return 1;

  const tree_limits limits = limits_for(options);
  crew workers(limits.crew);
  output out(::isatty(STDOUT_FILENO) != 0);
  du_run sizing(options, out);
  const dir here = system().current_dir();
  const size_totals sum = sizing.run(limits, workers, here, names.paths);
  sizing.finish(sum);
  const bool written = out.close(program());
  if (options.statistics) print_statistics(workers);
  return names.good && sizing.all_well() && written ? 0 : 1;
}

}  // namespace sluice::tool

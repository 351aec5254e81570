// sluice du: what trees take on the disk.
#include <getopt.h>
#include <unistd.h>

#include "commands.hpp"
#include "du_lines.hpp"
#include "du_options.hpp"
#include "operands.hpp"
#include "report.hpp"
#include "sluice/system.hpp"
#include "stats.hpp"

namespace sluice::tool {
namespace {

size_options engine_options(const du_options& o) {
  size_options s;
  s.every_link = o.every_link;
  s.one_file_system = o.one_file_system;
  s.in_order = true;  // lines come operand by operand
  return s;
}

class du_run final : public tree_size {
 public:
  du_run(const du_options& o, output& out)
      : tree_size(engine_options(o)), options_(o), lines_(out) {}

  void print_total(const size_totals& sum) { lines_.add(line(sum, "total")); }
  bool all_well() const noexcept { return !failed_.load(); }

 private:
  std::shared_ptr<sized_dir> make_root(const dir& base, const std::string& path,
                                       const file_status& s) override {
    return std::make_shared<du_dir>(base, path, s);
  }
  std::shared_ptr<sized_dir> make_below(sized_dir& above, std::string name,
                                        const file_status& s) override {
    return std::make_shared<du_dir>(above, std::move(name), s);
  }

  void entered(sized_dir& d) override {
    if (d.depth <= options_.max_depth) lines_.begin(static_cast<du_dir&>(d));
  }
  void counted(sized_dir& d, std::span<const walk_entry> some) override;
  void left(sized_dir& d) override {
    if (d.depth > options_.max_depth) return;
    lines_.end(static_cast<du_dir&>(d), line(d.totals(), d.where.path()));
  }
  void counted_operand(const std::string& path, const file_status& s) override {
    lines_.add(line(size_totals(s), path));
  }
  void failed(const std::string& path, walk_step step, const error& why) override {
    complain(program(), path, step, why);
    failed_ = true;
  }

  std::string line(const size_totals& t, std::string_view path) const {
    std::string text = options_.sizes.print(options_.apparent ? t.apparent : t.allocated);
    text += '\t';
    text += path;
    text += options_.line_end;
    return text;
  }

  const du_options& options_;
  du_lines lines_;
  std::atomic<bool> failed_ = false;
};

void du_run::counted(sized_dir& d, std::span<const walk_entry> some) {
  if (!options_.all || d.depth >= options_.max_depth) return;
  std::string path = d.where.path();
  if (!path.ends_with('/')) path += '/';
  const std::size_t prefix = path.size();
  std::string text;
  for (const walk_entry& e : some) {
    path.resize(prefix);
    path.append(e.name.c_str(), e.name.size());
    text += line(size_totals(*e.status), path);
  }
  lines_.add(static_cast<du_dir&>(d), text);
}

}  // namespace

int du_main(int argc, char** argv) {
  du_options options;
  if (const auto over = parse_du_options(argc, argv, options)) return *over;
  bool all_named = true;
  std::vector<std::string> operands;
  if (::optind == argc) {
    operands.emplace_back(".");
  } else {
    operands = take_operands(program(), argv + ::optind, argv + argc, all_named);
  }

  const tree_limits limits = limits_for_trees(options.jobs);
  crew workers(limits.crew);
  output out(::isatty(STDOUT_FILENO) != 0);
  du_run sizing(options, out);
  const dir here = system().current_dir();
  const size_totals sum = sizing.run(limits, workers, here, operands);
  if (options.total) sizing.print_total(sum);
  const bool written = out.close(program());
  if (options.statistics) print_statistics(workers);
  return all_named && sizing.all_well() && written ? 0 : 1;
}

}  // namespace sluice::tool

// sluice cp: the words around the library's copy.
#include <memory>
#include <optional>

#include "commands.hpp"
#include "cp_listeners.hpp"
#include "cp_words.hpp"
#include "interruption.hpp"
#include "locale.hpp"
#include "report.hpp"
#include "sluice/system.hpp"
#include "stats.hpp"

namespace sluice::tool {

namespace {

std::unique_ptr<cp_listener> listener_for(const cp_command& c, interruption& i, cp_progress& p) {
  if (c.json) return std::make_unique<cp_events>(c, i, p);
  return std::make_unique<cp_lines>(c, i, p);
}

}  // namespace

int cp_main(int argc, char** argv) {
  int status = 0;
  auto command = read_cp_command(argc, argv, status);
  if (!command) return status;
  copy_stopper stop;
  interruption signals(stop);
  command->copy.stop = &stop;
  copy_tally tally;
  if (command->progress || command->json) command->copy.tally = &tally;
  tree_limits limits = limits_for_trees(command->jobs);
  cp_progress progress(*command, tally, limits);
  const auto out = listener_for(*command, signals, progress);
  crew workers(limits.crew);
  std::optional<trace_space> watched;
  if (command->stats) watched.emplace(system());
  dir here = system().current_dir();
  if (watched) here = watched->attach(std::move(here));
  const bool all_well = copy_trees(workers, here, here, command->operands, command->copy,
                                   limits.open_directories, *out);
  progress.finish();
  out->finish(all_well);
  if (watched) print_statistics(workers, &*watched);
  return all_well ? 0 : 1;
}

}  // namespace sluice::tool

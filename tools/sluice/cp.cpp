// sluice cp: the words around the library's copy.
#include <unistd.h>
#include <fcntl.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "commands.hpp"
#include "cp_options.hpp"
#include "cp_words.hpp"
#include "interruption.hpp"
#include "report.hpp"
#include "sluice/system.hpp"
#include "stats.hpp"

namespace sluice::tool {

namespace {

/// A line of standard input that says yes, in the user's language.
bool hear_yes() {
  char* line = nullptr;
  std::size_t room = 0;
  const ssize_t n = ::getline(&line, &room, stdin);
  if (n > 0 && line[n - 1] == '\n') line[n - 1] = '\0';
  const bool yes = n > 0 && ::rpmatch(line) > 0;
  std::free(line);
  return yes;
}

class talker final : public copy_listener {
 public:
  talker(const cp_command& c, interruption& i) noexcept : command_(c), interruption_(i) {}
  void failed(const copy_problem& p) override {
    std::fflush(stdout);  // what was said before comes before
    complain(program(), words_for(p));
  }
  void copying(const std::string& source, const std::string& target,
               const std::string& backup) override {
    std::string line = quoted(source) + " -> " + quoted(target);
    if (!backup.empty()) line += " (backup: " + quoted(backup) + ")";
    say(line);
  }
  void removed(const std::string& target) override { say("removed " + quoted(target)); }
  void made_parent(const std::string& source, const std::string& target) override {
    say(source + " -> " + target);
  }
  void restored(const std::string& backup, const std::string& target) override {
    say(quoted(backup) + " -> " + quoted(target) + " (unbackup)");
  }
  void verified(const copy_verified& v) override {
    std::fflush(stdout);
    complain(program(), words_for(v));
  }
  bool wants_names() const noexcept override { return command_.verbose; }

  bool may_overwrite(const std::string& target, const file_status& there) override {
    const bool writable =
        there.type == file_type::symlink || command_.copy.privileged ||
        ::faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) == 0;
    const bool replaces = command_.copy.force || command_.copy.remove_first;
    std::fflush(stdout);
    std::fprintf(stderr, "%s: %s", program(),
                 question_for(target, there, writable, replaces).c_str());
    interruption_.asking(true);
    const bool yes = hear_yes();
    interruption_.asking(false);
    return yes;
  }

 private:
  static void say(std::string line) {
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
  const cp_command& command_;
  interruption& interruption_;
};

}  // namespace

int cp_main(int argc, char** argv) {
  int status = 0;
  auto command = read_cp_command(argc, argv, status);
  if (!command) return status;
  copy_stopper stop;
  interruption signals(stop);
  command->copy.stop = &stop;
  tree_limits limits = limits_for_trees(command->jobs);
  crew workers(limits.crew);
  const auto here = system().current_dir();
  talker out(*command, signals);
  const bool all_well = copy_trees(workers, here, here, command->operands, command->copy,
                                   limits.open_directories, out);
  if (command->stats) print_statistics(workers);
  return all_well ? 0 : 1;
}

}  // namespace sluice::tool

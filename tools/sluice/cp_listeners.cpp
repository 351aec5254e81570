#include "cp_listeners.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cp_words.hpp"
#include "locale.hpp"
#include "report.hpp"

namespace sluice::tool {

namespace {

/// A line of standard input that says yes, in the user's language.
bool hear_yes() {
  use_locale();
  char* line = nullptr;
  std::size_t room = 0;
  const ssize_t n = ::getline(&line, &room, stdin);
  if (n > 0 && line[n - 1] == '\n') line[n - 1] = '\0';
  const bool yes = n > 0 && ::rpmatch(line) > 0;
  std::free(line);
  return yes;
}

}  // namespace

void cp_listener::failed(const copy_problem& p) {
  const auto making_room = progress_.make_room();
  std::fflush(stdout);  // what was said before comes before
  complain(program(), words_for(p));
}

void cp_listener::verified(const copy_verified& v) {
  const auto making_room = progress_.make_room();
  std::fflush(stdout);
  complain(program(), words_for(v));
}

void cp_listener::say(const std::string& line) {
  const auto making_room = progress_.make_room();
  std::fwrite(line.data(), 1, line.size(), stdout);
}

bool cp_listener::ask(const std::string& question) {
  const auto making_room = progress_.make_room();
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s", program(), question.c_str());
  interruption_.asking(true);
  const bool yes = hear_yes();
  interruption_.asking(false);
  return yes;
}

bool cp_listener::may_overwrite(const std::string& target, const file_status& there) {
  const bool writable = there.type == file_type::symlink || command_.copy.privileged ||
                        ::faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) == 0;
  const bool replaces = command_.copy.force || command_.copy.remove_first;
  const std::string question = question_for(target, there, writable, replaces);
  if (!command_.copy.dry_run) return ask(question);
  say("would ask: " + question + '\n');  // and suppose a yes
  return true;
}

void cp_lines::copying(const std::string& source, const std::string& target,
                       const std::string& backup) {
  std::string line = quoted(source) + " -> " + quoted(target);
  if (!backup.empty()) line += " (backup: " + quoted(backup) + ")";
  say(line + '\n');
}

void cp_lines::removed(const std::string& target) { say("removed " + quoted(target) + '\n'); }

void cp_lines::made_parent(const std::string& source, const std::string& target) {
  say(source + " -> " + target + '\n');
}

void cp_lines::restored(const std::string& backup, const std::string& target) {
  say(quoted(backup) + " -> " + quoted(target) + " (unbackup)\n");
}

}  // namespace sluice::tool

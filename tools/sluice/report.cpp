#include "report.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "locale.hpp"
#include "sluice/describe.hpp"
#include "sluice/version.hpp"

namespace sluice::tool {

namespace {
std::string& program_name() noexcept {
  static std::string name = "sluice";
  return name;
}
}  // namespace

const char* program() noexcept { return program_name().c_str(); }
void set_program(const char* name) { program_name() = name; }

std::string wrong_argument(const char* option, std::string_view text, const char* why) {
  return std::string("invalid ") + option + " argument " + quoted(text) + ": " + why;
}

void print_version(const char* command) { std::printf("%s (Sluice) %s\n", command, version); }

void print_help(std::string text) {
  constexpr std::string_view before = "sluice ";
  const std::string whole = std::string(before) + program();  // nowhere, unless called by its own name
  for (std::size_t at = 0; (at = text.find(whole, at)) != std::string::npos;) text.erase(at, before.size());
  std::fputs(text.c_str(), stdout);
}

std::string reason(const error& why) {
  use_locale();
  return describe(why);
}

std::string reason(int number) {
  use_locale();
  return std::strerror(number);
}

void complain(const char* command, const std::string& message) {
  const std::string line = std::string(command) + ": " + message + "\n";
  std::fputs(line.c_str(), stderr);  // one call: lines of several threads stay whole
}

void complain(const char* command, const std::string& path, walk_step step, const error& why) {
  const char* what = step == walk_step::stat ? "cannot access " : "cannot read directory ";
  complain(command, what + quoted(path) + ": " + reason(why));
}

int try_help(const char* command) {
  std::fprintf(stderr, "Try '%s --help' for more information.\n", command);
  return 1;
}

void output::add(std::string_view text) {
  constexpr std::size_t enough = 64 * 1024;
  if (error_ != 0) return;
  held_.append(text);
  if (held_.size() >= enough) flush();
}

void output::flush() {
  std::size_t done = 0;
  while (error_ == 0 && done < held_.size()) {
    const ssize_t n = ::write(STDOUT_FILENO, held_.data() + done, held_.size() - done);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      pollfd wait{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  held_.clear();
}

bool output::close(const char* command) {
  flush();
  if (error_ == 0) return true;
  complain(command, std::string("write error: ") + reason(error_));
  return false;
}

bool close_output(const char* command) {
  const bool failed_before = std::ferror(stdout) != 0;
  if (std::fflush(stdout) == 0 && !failed_before) return true;
  complain(command, std::string("write error: ") + reason(errno));
  return false;
}

}  // namespace sluice::tool

// Times two commands that are over in a moment, in turn: A B B A A B ...
//
//   start_pairs RUNS [--remove FILE] -- A [ARGUMENT]... -- B [ARGUMENT]...
//
// Tells one line of JSON: each one's median, and the median of the ratios A/B of neighbouring runs with
// its quartiles. FILE is removed before each run. What is compared is the time from asking for the
// process to its end, which is what a script waits for.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

extern char** environ;

namespace {

using steady = std::chrono::steady_clock;

[[noreturn]] void give_up(const char* why) {
  fmt::print(stderr, "start_pairs: {}\n", why);
  std::exit(2);
}

struct commands {
  const char* remove = nullptr;
  std::vector<char*> each[2];  // null-terminated
};

commands parse(std::span<char*> arguments) {
  commands c;
  int now = -1;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word == "--" && now < 1) {
      ++now;
    } else if (now >= 0) {
      c.each[now].push_back(arguments[i]);
    } else if (word == "--remove" && i + 1 < arguments.size()) {
      c.remove = arguments[++i];
    } else {
      give_up("what is this? See the head of the source.");
    }
  }
  for (auto& one : c.each) {
    if (one.empty()) give_up("two commands are needed");
    one.push_back(nullptr);
  }
  return c;
}

/// In microseconds.
double time_of(const commands& c, const std::vector<char*>& command,
               const posix_spawn_file_actions_t& silent) {
  if (c.remove != nullptr) ::unlink(c.remove);
  pid_t child = 0;
  int status = 0;
  const auto begun = steady::now();
  if (::posix_spawnp(&child, command[0], &silent, nullptr, command.data(), environ) != 0)
    give_up("a command can't be started");
  ::waitpid(child, &status, 0);
  const std::chrono::duration<double, std::micro> took = steady::now() - begun;
  if (status != 0) give_up("a command failed");
  return took.count();
}

double quantile(std::vector<double> of, double where) {
  const auto at = of.begin() + static_cast<std::ptrdiff_t>(where * static_cast<double>(of.size() - 1));
  std::nth_element(of.begin(), at, of.end());
  return *at;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) give_up("how many runs?");
  const int runs = std::atoi(argv[1]);
  if (runs < 1) give_up("how many runs?");
  const commands c = parse(std::span(argv + 2, argv + argc));
  posix_spawn_file_actions_t silent;
  ::posix_spawn_file_actions_init(&silent);
  ::posix_spawn_file_actions_addopen(&silent, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<double> times[2], ratios;
  for (const auto& command : c.each) time_of(c, command, silent);
  for (int i = 0; i < runs; ++i) {
    double pair[2];
    for (const int which : {i % 2, 1 - i % 2}) {
      pair[which] = time_of(c, c.each[which], silent);
      times[which].push_back(pair[which]);
    }
    ratios.push_back(pair[0] / pair[1]);
  }
  fmt::print("{{\"runs\":{},\"a_us\":{:.1f},\"b_us\":{:.1f},\"ratio\":{{\"median\":{:.3f},"
             "\"quartiles\":[{:.3f},{:.3f}]}}}}\n",
             runs, quantile(times[0], 0.5), quantile(times[1], 0.5), quantile(ratios, 0.5),
             quantile(ratios, 0.25), quantile(ratios, 0.75));
}

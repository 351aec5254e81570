#include "descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "sluice/net/types.hpp"

namespace sluice::serve {

namespace {

std::size_t open_now() {
  std::error_code unknown;
  std::size_t n = 0;
  std::filesystem::directory_iterator at("/proc/self/fd", unknown);
  for (; !unknown && at != std::filesystem::directory_iterator(); at.increment(unknown)) ++n;
  return n;
}

/// A connection, its file, and the directories on the way, one after the other; a pipe where one is used.
std::size_t needed_by_one(const settings& s) noexcept { return s.copy == copying::splice ? 6 : 4; }

/// Of metrics, two workers; the rest is for signals, and for logs and certificates that are opened anew.
constexpr std::size_t spare = 8, of_metrics = 4;

/// Of one process; with no limit, the highest number there is.
std::size_t allowed() noexcept {
  rlimit l{};
  const bool known = ::getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur != RLIM_INFINITY;
  return known ? l.rlim_cur : std::size_t{1} << 30;
}

[[noreturn]] void refuse(const settings& s, std::size_t needed) {
  throw std::runtime_error(std::to_string(s.workers) + " workers need " + std::to_string(needed) +
                           " descriptors, and only " + std::to_string(allowed()) +
                           " are allowed: see ulimit -n, --workers");
}

}  // namespace

void fit_workers(settings& s, bool as_asked) {
  const std::size_t taken = open_now() + s.listen.size() + s.metrics_listen.size() +
                            (s.metrics_listen.empty() ? 0 : of_metrics) + spare;
  const std::size_t each = needed_by_one(s);
  const std::size_t left = allowed() > taken ? allowed() - taken : 0;
  if (s.model == model::processes) {
    if (left < each) refuse(s, taken + each);
    return;
  }
  if (s.workers <= left / each) return;
  const std::size_t least = std::max<std::size_t>(s.listen.size(), 1);
  if (as_asked || left / each < least) refuse(s, taken + s.workers * each);
  s.workers = static_cast<unsigned>(left / each);
}

loop_limits share_descriptors(const settings& s, std::size_t of_an_answer) {
  const std::size_t at_the_door = s.workers * s.listen.size();  // accepted, and not let in yet
  const std::size_t taken = open_now() + (s.metrics_listen.empty() ? 0 : of_metrics) + spare + at_the_door;
  const std::size_t needed = taken + s.workers * (of_an_answer + 1);
  if (allowed() < needed) refuse(s, needed);
  const std::size_t all = allowed() - taken;
  loop_limits each;
  const std::size_t in_line = s.listen.size() * static_cast<std::size_t>(socket_settings().backlog);
  each.counted = all < (s.clients + in_line) * (1 + of_an_answer);
  // To each answer belong its files, its client, and another client who is between two requests.
  const std::size_t share = all / s.workers;
  each.answers = std::max<std::size_t>(share / (of_an_answer + 2), 1);
  each.connections = share - each.answers * of_an_answer;
  return each;
}

}  // namespace sluice::serve

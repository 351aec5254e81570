#include "descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>

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

}  // namespace

void raise_limits() noexcept {
  rlimit l{};
  if (::getrlimit(RLIMIT_NOFILE, &l) != 0) return;
  l.rlim_cur = l.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &l);
}

void fit_workers(settings& s, bool as_asked) {
  rlimit l{};
  if (::getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur == RLIM_INFINITY) return;
  // Of metrics, two workers; the rest is for signals, and for logs and certificates that are opened anew.
  constexpr std::size_t spare = 8, of_metrics = 4;
  const std::size_t taken = open_now() + s.listen.size() + s.metrics_listen.size() +
                            (s.metrics_listen.empty() ? 0 : of_metrics) + spare;
  const std::size_t each = needed_by_one(s);
  const std::size_t left = l.rlim_cur > taken ? l.rlim_cur - taken : 0;
  if (s.workers <= left / each) return;
  const std::size_t least = std::max<std::size_t>(s.listen.size(), 1);
  if (as_asked || left / each < least) {
    throw std::runtime_error(std::to_string(s.workers) + " workers need " +
                             std::to_string(taken + s.workers * each) + " descriptors, and only " +
                             std::to_string(l.rlim_cur) + " are allowed: see ulimit -n, --workers");
  }
  s.workers = static_cast<unsigned>(left / each);
}

}  // namespace sluice::serve

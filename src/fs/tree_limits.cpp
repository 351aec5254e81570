// What a walk may use at the same time.
#include <dirent.h>
#include <sys/resource.h>

#include <algorithm>

#include "loop/cores.hpp"
#include "sluice/fs/walk.hpp"

namespace sluice::inline v0 {

namespace {

/// How many descriptors may still be opened.
std::size_t descriptors_left() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  constexpr rlim_t plenty = 4096;
  if (limit.rlim_cur >= plenty) return static_cast<std::size_t>(limit.rlim_cur) - plenty / 4;
  std::size_t open = 0;
  if (DIR* own = ::opendir("/proc/self/fd")) {
    while (::readdir(own) != nullptr) ++open;
    ::closedir(own);
    open -= std::min<std::size_t>(open, 3);  // ".", "..", and the one just closed
  } else {
    open = 16;
  }
  return limit.rlim_cur > open ? static_cast<std::size_t>(limit.rlim_cur) - open : 0;
}

tree_limits limits_for(unsigned jobs, unsigned spare, bool when_waiting) noexcept {
  constexpr std::size_t per_loop = 3;  // ring or epoll, eventfd, one to spare
  constexpr std::size_t per_work = 6;  // directories on both sides, two files, one being opened
  const std::size_t left = descriptors_left();
  tree_limits limits{};
  const std::size_t most = jobs != 0 ? jobs : workers_on(allowed_cores(), spare);
  const std::size_t workers = std::clamp<std::size_t>(left / (per_loop + 2 * per_work), 1, most);
  const std::size_t for_works = left - std::min(left, workers * per_loop);
  const std::size_t works = std::clamp<std::size_t>(for_works / (2 * per_work * workers), 1, 16);
  const std::size_t used = workers * (per_loop + works * per_work);
  // A quota may say less than the set of cores does: the crew asks, when a second worker is wanted.
  const bool by_cores = jobs == 0 && workers == most;
  limits.crew.workers = by_cores ? 0 : static_cast<unsigned>(workers);
  limits.crew.spare = spare;
  limits.crew.spare_when_waiting = when_waiting;
  limits.crew.works_in_flight = static_cast<unsigned>(works);
  limits.open_directories = std::clamp<std::size_t>(left - std::min(left, used), 2, 4096);
  return limits;
}

}  // namespace

/// More makers of files than cores are in each other's way where nobody waits for a device.
tree_limits limits_for_trees(unsigned jobs) noexcept { return limits_for(jobs, 1, true); }

/// A warm walk is no slower with these, and a cold one keeps the device busy.
tree_limits limits_for_walks(unsigned jobs) noexcept { return limits_for(jobs, 4, false); }

}  // namespace sluice::inline v0

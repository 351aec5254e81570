#include "loop/usable_cores.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string>

#include "loop/cores.hpp"

namespace sluice::inline v0 {

namespace {

/// The first line of a small file that starts with this, without it; empty if there is none.
std::string line_of(const std::string& path, std::string_view start) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> f(std::fopen(path.c_str(), "re"),
                                                          std::fclose);
  char line[4096];
  while (f != nullptr && std::fgets(line, sizeof line, f.get()) != nullptr) {
    std::string_view found(line);
    if (found.ends_with('\n')) found.remove_suffix(1);
    if (found.starts_with(start)) return std::string(found.substr(start.size()));
  }
  return {};
}

/// The tightest quota of this process's cgroup and those around it; 0: none. Version 2 only.
unsigned cores_by_cgroup() {
  const std::string top = "/sys/fs/cgroup";
  std::string group = line_of("/proc/self/cgroup", "0::");
  unsigned least = 0;
  while (!group.empty()) {
    const unsigned here = cores_by_quota(line_of(top + group + "/cpu.max", ""));
    if (here != 0) least = least == 0 ? here : std::min(least, here);
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
  return least;
}

unsigned count() noexcept {
  const unsigned allowed = allowed_cores();
  try {
    const unsigned by_quota = cores_by_cgroup();
    return by_quota == 0 ? allowed : std::min(allowed, by_quota);
  } catch (...) {
    return allowed;  // no memory for a path
  }
}

}  // namespace

unsigned cores_by_quota(std::string_view cpu_max) noexcept {
  unsigned long long quota = 0, period = 0;
  const char* const end = cpu_max.data() + cpu_max.size();
  const auto first = std::from_chars(cpu_max.data(), end, quota);
  if (first.ec != std::errc() || first.ptr == end || quota == 0)
    return 0;  // "max", or no such file
  const auto second = std::from_chars(first.ptr + 1, end, period);
  if (second.ec != std::errc() || period == 0) return 0;
  return static_cast<unsigned>(std::clamp((quota + period - 1) / period, 1ull, 1024ull));
}

unsigned allowed_cores() noexcept {
  cpu_set_t set;
  // Fails on machines with more than 1024 cores; that many threads help nobody here.
  const int allowed = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 64;
  return static_cast<unsigned>(std::max(allowed, 1));
}

unsigned usable_cores() noexcept {
  static const unsigned found = count();
  return found;
}

void pin_to_core(unsigned nth) noexcept {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  unsigned left = nth % static_cast<unsigned>(CPU_COUNT(&allowed));
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || left-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
    return;
  }
}

}  // namespace sluice::inline v0

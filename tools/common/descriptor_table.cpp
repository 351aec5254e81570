#include "common/descriptor_table.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace sluice::tool {

namespace {

/// A number that high is only there if the table is as long.
void lengthen_table(std::size_t length) noexcept {
  const int any = ::open("/", O_PATH | O_CLOEXEC);
  if (any < 0) return;
  const int last = static_cast<int>(std::clamp<std::size_t>(length, 1, INT_MAX) - 1);
  const int high = ::fcntl(any, F_DUPFD_CLOEXEC, last);
  if (high >= 0) ::close(high);
  ::close(any);
}

}  // namespace

void allow_descriptors(std::size_t expected) noexcept {
  rlimit l{};
  if (::getrlimit(RLIMIT_NOFILE, &l) != 0) return;
  l.rlim_cur = l.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &l) != 0) return;  // it goes on with fewer
  lengthen_table(std::min<std::size_t>(expected, l.rlim_cur));
}

}  // namespace sluice::tool

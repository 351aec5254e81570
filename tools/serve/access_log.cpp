#include "access_log.hpp"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

namespace sluice::serve {

namespace {

constexpr std::size_t enough = 64 * 1024;  // then they are written at once

/// Whole lines, in one call unless the disk is full: other processes may write to the same file.
bool write_whole(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

int access_log::open(const std::string& path) noexcept {
  if (path == "-") return ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

access_log::access_log(std::string path) : path_(std::move(path)), fd_(open(path_)) {
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "access log " + path_);
  held_.reserve(2 * enough);
  spare_.reserve(2 * enough);
}

access_log::~access_log() {
  flush();
  ::close(fd_);
}

void access_log::add(std::string_view line) noexcept {
  bool full = false;
  try {
    const std::lock_guard hold(mutex_);
    held_ += line;
    full = held_.size() >= enough;
  } catch (const std::bad_alloc&) {
    return;  // a line less
  }
  if (full) flush();
}

void access_log::flush() noexcept {
  const std::lock_guard one(writing_);
  {
    const std::lock_guard hold(mutex_);
    held_.swap(spare_);
  }
  if (!write_whole(fd_, spare_) && !std::exchange(told_, true))
    std::fprintf(stderr, "sluice serve: %s: %s\n", path_.c_str(), std::strerror(errno));
  spare_.clear();
}

void access_log::reopen() noexcept {
  flush();
  const int fresh = open(path_);
  if (fresh < 0) {
    std::fprintf(stderr, "sluice serve: %s: %s\n", path_.c_str(), std::strerror(errno));
    return;
  }
  const std::lock_guard one(writing_);
  ::close(std::exchange(fd_, fresh));
  told_ = false;
}

}  // namespace sluice::serve

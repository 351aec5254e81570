#pragma once

#include <unistd.h>

#include <utility>

namespace sluice::inline v0 {

/// A descriptor of the library's own.
class unique_fd {
 public:
  explicit unique_fd(int fd = -1) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  int detach() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace sluice::inline v0

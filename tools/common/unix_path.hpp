// Unix paths to listen at, which outlive those who listen.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "sluice/net/listener.hpp"

namespace sluice::tool {

/// As network::listen, at once; but a Unix path that is there already goes if it is a socket at which
/// nobody listens any more, and nothing else does.
result<listener> listen_at(const address& at, const socket_settings& how);

/// A Unix path at which this process has just begun to listen. It goes when this does, if it is still the
/// same socket's.
class own_path {
 public:
  /// Of other addresses there is nothing to remove.
  explicit own_path(const address& at);
  ~own_path();
  own_path(own_path&& other) noexcept
      : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}
  own_path& operator=(own_path&&) = delete;

 private:
  std::string path_;  // empty: none
  std::uint64_t device_ = 0, inode_ = 0;
};

}  // namespace sluice::tool

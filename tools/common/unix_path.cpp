#include "common/unix_path.hpp"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/net/network.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

namespace {

bool in_file_system(const address& at) {
  return at.family() == address_family::local && !at.path().starts_with('@');
}

/// A socket's name whose owner has gone. An owner that is stuck may let others wait for ever, so this does
/// not wait: only who is there can have a queue that is full.
bool is_stale(const address& at) {
  struct stat s{};
  if (::lstat(at.path().c_str(), &s) != 0 || !S_ISSOCK(s.st_mode)) return false;
  const int asking = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (asking < 0) return false;
  const auto* where = reinterpret_cast<const sockaddr*>(at.data());
  const bool refused = ::connect(asking, where, at.size()) != 0 && errno == ECONNREFUSED;
  ::close(asking);
  return refused;
}

}  // namespace

result<listener> listen_at(const address& at, const socket_settings& how) {
  auto made = sync(network(system()).listen(at, how));
  if (made || made.error() != errc::address_in_use || !in_file_system(at) || !is_stale(at)) return made;
  ::unlink(at.path().c_str());
  return sync(network(system()).listen(at, how));
}

own_path::own_path(const address& at) {
  struct stat s{};
  if (!in_file_system(at) || ::lstat(at.path().c_str(), &s) != 0) return;
  path_ = at.path();
  device_ = s.st_dev;
  inode_ = s.st_ino;
}

own_path::~own_path() {
  struct stat s{};
  if (path_.empty() || ::lstat(path_.c_str(), &s) != 0) return;
  if (s.st_dev == device_ && s.st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace sluice::tool

#include "bind.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

#include "sluice/describe.hpp"
#include "sluice/net/network.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"

namespace sluice::serve {

namespace {

bool in_file_system(const address& at) {
  return at.family() == address_family::local && !at.path().starts_with('@');
}

/// A socket's name whose owner has gone.
bool is_stale(const address& at) {
  struct stat s{};
  if (::lstat(at.path().c_str(), &s) != 0 || !S_ISSOCK(s.st_mode)) return false;
  auto asked = sync(network(system()).connect(at));
  return !asked && asked.error() == errc::connection_refused;
}

}  // namespace

void listening::add(const address& at, bool shared) {
  socket_settings how;
  how.no_delay = true;  // connections inherit it: what is written is a whole answer or waits for nothing
  auto made = sync(network(system()).listen(at, how));
  if (!made && made.error() == errc::address_in_use && in_file_system(at) && is_stale(at)) {
    ::unlink(at.path().c_str());
    made = sync(network(system()).listen(at, how));
  }
  if (!made) throw std::runtime_error(describe(made.error(), "listen", at.text()));
  if (shared) ::fcntl(system_space::descriptor(*made), F_SETFL, O_NONBLOCK);
  listeners_.push_back(std::move(*made));
  struct stat s{};
  if (in_file_system(at) && ::lstat(at.path().c_str(), &s) == 0)
    paths_.push_back({at.path(), s.st_dev, s.st_ino});
}

listening::listening(const std::vector<address>& at, bool shared) {
  for (const address& a : at) add(a, shared);
}

listening::~listening() {
  for (const made_path& p : paths_) {
    struct stat s{};
    if (::lstat(p.path.c_str(), &s) == 0 && s.st_dev == p.device && s.st_ino == p.inode)
      ::unlink(p.path.c_str());
  }
}

std::vector<address> listening::where() const {
  std::vector<address> all;
  for (const listener& l : listeners_) {
    const auto at = sync(l.local_address());
    all.push_back(at.value_or(address()));
  }
  return all;
}

void stop_listening(std::span<const listener> listeners) noexcept {
  for (const listener& l : listeners) ::shutdown(system_space::descriptor(l), SHUT_RDWR);
}

result<address> listen_address(std::string_view text) {
  const bool port_only = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (port_only) return address::parse("127.0.0.1:" + std::string(text));
  if (text.starts_with(':')) return address::parse("0.0.0.0" + std::string(text));
  return address::parse(text);
}

std::string log_name(const address& peer) {
  std::string text = peer.text();
  if (peer.family() == address_family::ipv4) return text.substr(0, text.rfind(':'));
  if (peer.family() == address_family::ipv6) return text.substr(1, text.rfind(']') - 1);
  return "";
}

}  // namespace sluice::serve

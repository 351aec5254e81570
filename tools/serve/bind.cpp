#include "bind.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <stdexcept>

#include "sluice/describe.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"

namespace sluice::serve {

void listening::add(const address& at, bool shared) {
  socket_settings how;
  how.no_delay = true;  // connections inherit it: what is written is a whole answer or waits for nothing
  auto made = tool::listen_at(at, how);
  if (!made) throw std::runtime_error(describe(made.error(), "listen", at.text()));
  if (shared) ::fcntl(system_space::descriptor(*made), F_SETFL, O_NONBLOCK);
  listeners_.push_back(std::move(*made));
  paths_.emplace_back(at);
}

listening::listening(const std::vector<address>& at, bool shared) {
  for (const address& a : at) add(a, shared);
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

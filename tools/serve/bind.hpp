// Sockets that listen.
#pragma once

#include <string>
#include <vector>

#include "common/unix_path.hpp"

namespace sluice::serve {

/// Listeners, and the Unix paths among them, which go when this does, if they are still its own.
class listening {
 public:
  /// Throws std::runtime_error that says where and why not. A Unix path that is there already goes if it
  /// is a socket at which nobody listens any more, and nothing else does.
  /// `shared` is for loops that listen at the same socket: none of them may be stuck in accept because
  /// another one was faster.
  listening(const std::vector<address>& at, bool shared);
  listening(const listening&) = delete;
  listening& operator=(const listening&) = delete;

  std::span<const listener> all() const noexcept { return listeners_; }
  /// Where they listen, with the ports that the system chose.
  std::vector<address> where() const;

 private:
  void add(const address& at, bool shared);

  std::vector<listener> listeners_;
  std::vector<tool::own_path> paths_;
};

/// Nobody new can connect from then on, in whatever process the socket is held, and those wake that wait
/// for connections. Those that nobody has accepted yet are reset.
void stop_listening(std::span<const listener> listeners) noexcept;

/// "8080", "127.0.0.1:8080", "[::1]:8080", ":8080" (all of the machine's), "unix:/run/x".
result<address> listen_address(std::string_view text);

/// How a client is named in the log: without its port, which changes; empty for a Unix socket.
std::string log_name(const address& peer);

}  // namespace sluice::serve

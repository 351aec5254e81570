// The vocabulary of sockets, free of any operating system's headers.
#pragma once

#include <cstdint>

namespace sluice::inline v0 {

/// What is set on a socket before it is bound or connected. The defaults are the system's.
struct socket_settings {
  bool reuse_address = true;   // of a listener: a port whose last connections are still ending
  bool reuse_port = false;     // several sockets on one port; the system spreads what comes
  bool only_ipv6 = false;
  bool no_delay = false;       // of a connection: no waiting for more bytes (Nagle)
  bool broadcast = false;      // of a datagram socket
  int send_buffer = 0;         // bytes; 0: as the system has it
  int receive_buffer = 0;
  int backlog = 4096;          // of a listener: connections that nobody has accepted yet
};

/// Options by name; all values are integers, and booleans are 0 or 1.
enum class socket_option : std::uint8_t {
  no_delay,
  keep_alive,
  keep_alive_idle,      // seconds until the first probe
  keep_alive_interval,  // seconds between probes
  keep_alive_count,     // probes until the connection is given up
  user_timeout,         // milliseconds that sent bytes may stay unacknowledged
  reuse_address,
  reuse_port,
  send_buffer,          // bytes; the system may give more
  receive_buffer,
  cork,                 // full segments only, until it is taken off
  quick_ack,
  linger,               // seconds that a close waits; -1: it does not, and 0: it resets
  broadcast,
  only_ipv6,
  pass_credentials,
  pending_error,        // reading it takes it; errno's number
};

enum class shutdown_side : std::uint8_t { reading, writing, both };

}  // namespace sluice::inline v0

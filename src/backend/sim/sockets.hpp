// The sockets of a simulated machine. A connection is two pipes; a listener is one, in which
// connections come.
#pragma once

#include <deque>

#include "backend/sim/pipes.hpp"
#include "sluice/net/address.hpp"
#include "sluice/net/types.hpp"

namespace sluice::inline v0::sim {

struct socket {
  bool used = false;
  bool held = false;  // by a handle; else it waits to be accepted
  std::uint32_t generation = 0;
  pipe* in = nullptr;
  pipe* out = nullptr;  // null: a listener
  address local, peer;
  std::size_t backlog = 0;
  int options[static_cast<std::size_t>(socket_option::pending_error) + 1] = {};

  bool listens() const noexcept { return used && out == nullptr; }
  int& option(socket_option o) noexcept { return options[static_cast<std::size_t>(o)]; }
};

class sockets {
 public:
  sockets(handle_id ids, pipes& p) : ids_(ids), pipes_(p) {}

  static constexpr bool about(handle_id id) noexcept { return (id & mark) == mark; }
  /// Null: no such thing.
  socket* find(handle_id id) noexcept;
  /// Who listens there; null: nobody.
  socket* at(const address& where) noexcept;
  std::uint64_t held() const noexcept;

  /// An id, or a negated errno. Throws std::bad_alloc.
  std::int64_t listen(const address& where, std::size_t backlog);
  /// Both ends of a connection to a listener, which has one more to accept; gives the caller's.
  handle_id connect(socket& listener, std::size_t room, std::size_t room_back);
  /// `reset`: what is on its way is lost, and the peer is told.
  void close(socket& s, bool reset) noexcept;
  static void reset(socket& s) noexcept;
  /// One end of the connection that this is a direction of.
  socket* around(const pipe& p) noexcept;
  void close_all() noexcept;

 private:
  static constexpr handle_id mark = handle_id{3} << 29;

  socket& fresh();
  handle_id id_of(const socket& s) const noexcept;
  std::uint16_t next_port() noexcept { return next_port_++; }

  handle_id ids_;
  pipes& pipes_;
  std::deque<socket> all_;
  std::uint16_t next_port_ = 30'000;
};

}  // namespace sluice::inline v0::sim

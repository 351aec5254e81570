// Where sockets come from.
#pragma once

#include "sluice/net/datagram.hpp"
#include "sluice/net/listener.hpp"

namespace sluice::inline v0 {

/// The network of a space: `network(system())`. A reference, to be copied freely; any thread.
class network {
 public:
  explicit network(space& s) noexcept : space_(&s) {}

  /// Completes with a connection. Can be cancelled at any time: then there is none.
  /// errc::connection_refused, errc::unreachable, errc::timed_out, errc::not_found (a Unix path).
  [[nodiscard]] auto connect(const address& to, const socket_settings& how = {}) const noexcept {
    return call<ops::connect, stream>(*space_, to, how);
  }

  /// A socket that listens, at once. Port 0 lets the system choose. errc::address_in_use,
  /// errc::permission_denied, errc::no_such_address. A Unix path that exists is in use, stale or not.
  [[nodiscard]] auto listen(const address& at, const socket_settings& how = {}) const noexcept {
    return call<ops::listen, listener>(*space_, at, how);
  }

  /// A socket for messages, at once; address::ipv4(0, 0, 0, 0, 0) for one that only sends.
  [[nodiscard]] auto bind(const address& at, const socket_settings& how = {}) const noexcept {
    return call<ops::bind, datagram>(*space_, at, how);
  }

  /// Looks a name up, in the order in which the system would try its addresses; completes with how
  /// many are in `into`. `service` is a number or a name of /etc/services, and may be empty. Can be
  /// cancelled at any time: the system's look-up, which can't, goes on to its end on a thread of its own,
  /// with memory of its own, and touches nothing of the caller's. At most 32 are under way at once in a
  /// process; others wait for their turn. Both names must stay until it completes.
  /// errc::not_found when there is no such name, errc::again when nobody can tell at present,
  /// errc::too_many_files.
  [[nodiscard]] auto resolve(path_ref host, path_ref service,
                             std::span<address> into) const noexcept {
    return call<ops::resolve>(*space_, host, service, into);
  }

  space& in() const noexcept { return *space_; }

 private:
  space* space_;
};

}  // namespace sluice::inline v0

#pragma once

#include "sluice/core/call.hpp"
#include "sluice/core/item_stream.hpp"
#include "sluice/io/stream.hpp"

namespace sluice::inline v0 {

/// Connections of a listener, one after the other, the system being asked once for many of them. See
/// item_stream: `co_await clients.next()`, and `co_await clients.end()` before it dies. Connections
/// that nobody took are closed with it. After an error (errc::too_many_files, say) `next` tries again.
class incoming : public item_stream<ops::accept_many, handle_store<stream, 16>> {
 public:
  using item_stream::item_stream;
};

/// A socket that others connect to.
class listener : public handle {
 public:
  using handle::handle;

  /// As file::close. Connections that nobody has accepted are reset.
  [[nodiscard]] call<ops::close> close() noexcept {
    space& s = *space_;
    return call<ops::close>(s, detach(), this);
  }

  /// Completes with the next connection, and where it comes from if `from` is given. Several may wait;
  /// they are served in the order submitted on one loop. Can be cancelled at any time: then none was
  /// taken. errc::too_many_files leaves the connection for later; errc::connection_reset tells of one
  /// that went before it was taken.
  [[nodiscard]] auto accept(address* from = nullptr) const noexcept {
    return call<ops::accept, stream>(*space_, id_, from);
  }

  /// The same as a stream of connections.
  [[nodiscard]] incoming all() const noexcept { return incoming(*space_, id_); }

  /// Where it listens; with the port that the system chose, if that was its choice.
  [[nodiscard]] auto local_address() const noexcept {
    return call<ops::socket_address>(*space_, id_, false);
  }
  [[nodiscard]] auto option(socket_option o) const noexcept {
    return call<ops::get_option>(*space_, id_, o);
  }
  [[nodiscard]] auto set_option(socket_option o, int to) const noexcept {
    return call<ops::set_option>(*space_, id_, o, to);
  }
};

}  // namespace sluice::inline v0

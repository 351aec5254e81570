#pragma once

#include "sluice/core/call.hpp"
#include "sluice/fs/ops.hpp"
#include "sluice/net/ops.hpp"

namespace sluice::inline v0 {

/// A socket for messages: UDP, or Unix datagrams. A message arrives whole or not at all; one that is
/// longer than the buffer is cut, and says so. Several operations may be in flight; receives take
/// messages in the order submitted on one loop. All can be cancelled at any time, and then sent or took
/// nothing. Buffers, slices and addresses must stay until the operation completes.
class datagram : public handle {
 public:
  using handle::handle;

  [[nodiscard]] call<ops::close> close() noexcept {
    space& s = *space_;
    return call<ops::close>(s, detach(), this);
  }

  /// Completes when the system has the message: errc::too_large if it is longer than one may be.
  [[nodiscard]] auto send_to(std::span<const io_slice> message, const address& to) const noexcept {
    return call<ops::send_message>(*space_, id_, message, &to, std::span<const handle* const>());
  }
  /// Completes with the next message, and where it came from.
  [[nodiscard]] auto receive_from(std::span<const io_slice> into, address& from) const noexcept {
    return call<ops::receive_message>(*space_, id_, into, &from, std::span<handle>());
  }

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

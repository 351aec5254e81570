#pragma once

#include <sys/epoll.h>

#include "backend/native_backend.hpp"
#include "backend/unique_fd.hpp"

namespace sluice::inline v0 {

/// Sockets and pipes by readiness, as servers do where there is no io_uring; files by calls and by the
/// pool. An operation is attempted at once, unless its stream is known to make it wait. A descriptor is
/// registered when something first has to wait for it, edge-triggered, and then not spoken of again.
class epoll_backend final : public native_backend {
 public:
  /// What it waits with, made beforehand: that can fail.
  struct descriptors {
    unique_fd poll, event;
    /// False, and errno: they can't be had.
    bool make() noexcept;
  };
  epoll_backend(loop& owner, const loop_options& options, descriptors d, std::string why);
  /// The same, in place of another backend.
  epoll_backend(native_backend& before, descriptors d, std::string why);

  void turn(time_point_ns until) noexcept override;
  void wake() noexcept override;
  int native_handle() noexcept override;
  std::string report() const override;

 private:
  /// Of a descriptor, in stream_lines::state.
  enum known : std::uint8_t {
    in_waits = 1,       // there is nothing to be read, until an event says otherwise
    out_waits = 2,      // there is no room
    registered = 4,
    tells_of_room = 8,  // registered for output, too
    short_is_all = 16,  // a receive shorter than was asked for has emptied it
    never_waits = 32,   // epoll does not take its like
    nonblocking = 64    // a listener that we made so
  };

  static void carry(backend& b, operation& op) noexcept;
  void take_carriers() noexcept;
  void await_readiness(native_slot& s, bool fresh) noexcept override;
  void cancel_held(native_slot& s) noexcept override;

  static std::uint8_t waits(const native_row& row) noexcept {
    return row.readiness == POLLIN ? in_waits : out_waits;
  }
  std::int64_t attempt(operation& op, const native_row& row, stream_lines& lines) noexcept;
  bool may_go(native_slot& s, stream_lines& lines) noexcept;
  bool go(native_slot& s) noexcept;
  void await_event(native_slot& s, stream_lines& lines) noexcept;
  bool watch(const native_slot& s, stream_lines& lines) noexcept;
  bool take_turns() noexcept;
  int wait(std::span<epoll_event> into, time_point_ns until) noexcept;
  void take(const epoll_event& e) noexcept;

  descriptors on_;
  std::string why_;
  job_queue due_;          // first in their lines, to be carried out in the next turn
  bool shown_ = false;     // somebody else's loop watches ours
  bool to_the_nanosecond_ = true;  // the kernel can wait so precisely
};

}  // namespace sluice::inline v0

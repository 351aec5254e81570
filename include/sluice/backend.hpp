// For those who write a backend: how a loop carries out the operations of the system space, waits,
// wakes and tells the time. The library's own are made of the same class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sluice/loop.hpp"

namespace sluice::inline v0 {

/// One per loop; all but `wake` is for the loop's own thread. A backend completes every operation
/// given to it exactly once, on that thread: either inside `submit`, or later inside `turn` or
/// `cancel`. In between, `operation::scratch` is the backend's; arguments and buffers are its to use.
class backend {
 public:
  virtual ~backend() = default;

  /// How one kind of operation is taken on. Fill in `carriers_` when the backend is made.
  using carrier = void (*)(backend&, operation&) noexcept;
  void submit(operation& op, op_kind kind) noexcept {
    carriers_[static_cast<std::size_t>(kind)](*this, op);
  }

  /// Asked to end an operation early that it holds; or all of them. Requests: each still completes,
  /// with what really happened, or with errc::canceled if nothing did. A sleep whose deadline has
  /// passed (`op.expired`) is told of it by `cancel`, and has then succeeded.
  virtual void cancel(operation& op) noexcept = 0;
  virtual void cancel_all() noexcept = 0;

  /// How an operation was carried out that has ended later, with its scratch as it was left.
  virtual way_taken way_of(const operation&) const noexcept { return way_taken::unknown; }

  /// Takes on the closing of a handle: first asks what is under way on it to end, on every loop.
  virtual void close(operation& closing) noexcept = 0;
  /// Closes one of the system's descriptors soon, without blocking, failing or allocating. False:
  /// it is closed by a plain call.
  virtual bool release(int) noexcept { return false; }
  /// The two ends of a pipe, as system().make_pipe() promises them on this loop: reader, writer.
  /// errc::not_supported: the system's own pipe is made.
  virtual error make_pipe(handle_id (&)[2]) noexcept { return errc::not_supported; }

  /// Hands over what was submitted, waits until something happens or `until` (not at all when that
  /// is 0), and completes what has finished.
  virtual void turn(time_point_ns until) noexcept = 0;
  /// Ends a wait, now or the next one. Any thread.
  virtual void wake() noexcept = 0;
  /// The loop's clock: monotonic, in nanoseconds.
  virtual time_point_ns now() noexcept = 0;

  /// Readable when `turn` has something to do; -1 where there is no such thing.
  virtual int native_handle() noexcept { return -1; }
  /// Nothing is under way.
  virtual bool idle() const noexcept = 0;
  /// Nothing is under way and nothing will be: ends the threads, and is no longer found by others.
  virtual void retire() noexcept {}

  /// Makes memory known to the ring; false where there is none.
  virtual bool register_buffers(std::span<const std::span<std::byte>>) { return false; }
  virtual void unregister_buffers() noexcept {}

  virtual void collect(loop_statistics& into) const noexcept = 0;
  /// Which backend this is and why, in one line.
  virtual std::string report() const = 0;

 protected:
  carrier carriers_[op_kinds];
};

/// Makes the backends of loops whose options name it. Must outlive them.
class backend_source {
 public:
  /// For the loop that is being made; may throw, and then there is no loop.
  virtual std::unique_ptr<backend> make(loop& owner, const loop_options& options) = 0;

 protected:
  ~backend_source() = default;
};

/// Where handles come from that are in the system space and are none of the system's descriptors:
/// those of a backend's own. Such an id says whose it is, so that handles can be used without a loop,
/// and destroyed anywhere; to the operating system it is a bad descriptor. A machine must outlive
/// its handles.
class machine {
 public:
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;

  /// Carries out an operation on one of its handles for a thread without a loop, and completes it.
  virtual void perform(operation& op) noexcept = 0;
  /// A handle was destroyed. Never blocks or fails.
  virtual void release(handle_id id) noexcept = 0;

  static constexpr bool made(handle_id id) noexcept { return (id & mark) != 0; }
  /// Whose id this is; null if it is the system's, or the machine has ended.
  static machine* of(handle_id id) noexcept;

  /// What all ids of this machine have in common. Free for the machine are the lower 31 bits, and
  /// the 24 from bit 32 on.
  handle_id ids() const noexcept { return ids_; }

 protected:
  /// Throws std::system_error when there are 64 already.
  machine();
  ~machine();

 private:
  static constexpr handle_id mark = handle_id{1} << 62;
  handle_id ids_;
};

}  // namespace sluice::inline v0

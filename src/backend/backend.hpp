#pragma once

#include <string>

#include "backend/native_row.hpp"
#include "sluice/loop.hpp"

namespace sluice::inline v0 {

struct drain_request;

/// How a loop carries out system operations, waits, wakes and tells the time. One per loop; all
/// but `wake` is for the loop's own thread. A backend completes every operation given to it.
class backend {
 public:
  virtual ~backend() = default;

  /// How one kind of operation is taken on.
  using carrier = void (*)(backend&, operation&) noexcept;
  void submit(operation& op, op_kind kind) noexcept {
    carriers_[static_cast<std::size_t>(kind)](*this, op);
  }
  virtual void cancel(operation& op) noexcept = 0;
  virtual void cancel_all() noexcept = 0;

  /// Hands over what was submitted, waits until something happens or `until` (not at all when that
  /// is 0), and completes what has finished.
  virtual void turn(time_point_ns until) noexcept = 0;
  /// Ends a wait, now or the next one. Any thread.
  virtual void wake() noexcept = 0;
  virtual time_point_ns now() noexcept = 0;

  /// Readable when `turn` has something to do.
  virtual int native_handle() noexcept = 0;
  /// Nothing is under way, here or held.
  virtual bool idle() const noexcept = 0;
  /// So many operations more, or less, are under way elsewhere and will come back to this loop.
  virtual void hold(int change) noexcept = 0;
  /// Nothing is under way and nothing will be: ends the threads, and is no longer found by others.
  virtual void retire() noexcept = 0;
  /// Asks everything under way on a descriptor to end; schedules the request when it has.
  virtual void drain(drain_request& wanted) noexcept = 0;
  /// Closes a descriptor soon, without blocking, failing or allocating.
  virtual void release(int descriptor) noexcept = 0;

  /// Makes memory known to the ring; false where there is none.
  virtual bool register_buffers(std::span<const std::span<std::byte>>) { return false; }
  virtual void unregister_buffers() noexcept {}

  virtual void collect(loop_statistics& into) const noexcept = 0;
  virtual std::string report() const = 0;

 protected:
  carrier carriers_[op_kinds];
};

/// Builds the backend that the options and SLUICE_BACKEND ask for, or the best the machine allows.
/// Throws std::invalid_argument for a name that is none, std::runtime_error when a named backend
/// can't be had, and std::system_error when the machine is out of descriptors.
std::unique_ptr<backend> make_backend(loop& owner, const loop_options& options);

}  // namespace sluice::inline v0

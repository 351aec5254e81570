// What the backends of this machine share: plain calls, the pool, counting, closing.
#pragma once

#include <memory>

#include "backend/backend.hpp"
#include "backend/in_flight.hpp"
#include "backend/policy.hpp"
#include "backend/pool/thread_pool.hpp"

namespace sluice::inline v0 {

/// What the backend keeps in an operation's scratch space while it is under way.
struct native_slot : job {
  operation* op;
  const native_row* row;
  native_slot* prev;
  native_slot* following;
  std::int64_t result;
  enum class stage : std::uint8_t { queued, in_ring, polled, in_pool, awaiting_readiness, asleep } at;
  bool measured;
  bool cancel_wanted;

  static native_slot& of(operation& o) noexcept {
    return *reinterpret_cast<native_slot*>(o.scratch);
  }
};
static_assert(sizeof(native_slot) <= sizeof(operation::scratch));

/// Everything under way, so that closing and teardown can find it.
class live_list {
 public:
  live_list() noexcept { ends_.prev = ends_.following = &ends_; }
  void insert(native_slot& s) noexcept {
    s.prev = ends_.prev;
    s.following = &ends_;
    ends_.prev->following = &s;
    ends_.prev = &s;
    ++size_;
  }
  void remove(native_slot& s) noexcept {
    s.prev->following = s.following;
    s.following->prev = s.prev;
    --size_;
  }
  std::size_t size() const noexcept { return size_; }
  template <class Predicate>
  native_slot* find(Predicate wanted) noexcept {
    for (native_slot* s = ends_.following; s != &ends_; s = s->following) {
      if (wanted(*s)) return s;
    }
    return nullptr;
  }

 private:
  native_slot ends_{};
  std::size_t size_ = 0;
};

class native_backend : public backend {
 public:
  native_backend(loop& owner, const loop_options& options);
  ~native_backend() override;

  void submit(operation& op, const native_row& row) noexcept final;
  void cancel(operation& op) noexcept final;
  void cancel_all() noexcept final;
  time_point_ns now() noexcept final;
  std::size_t in_flight() const noexcept final { return live_.size() + held_; }
  void hold(int change) noexcept final { held_ += static_cast<std::size_t>(change); }
  void retire() noexcept final;
  void drain(drain_request& wanted) noexcept final;
  void release(int descriptor) noexcept final;
  void collect(loop_statistics& into) const noexcept override;

 protected:
  /// Takes the operation on the overlapped way; by default that is the pool.
  virtual void overlap(native_slot& s) noexcept { send_to_pool(s); }
  /// Completes the operation once its descriptor is ready.
  virtual void await_readiness(native_slot& s) noexcept = 0;
  /// Asks for the end of an operation that this class does not hold.
  virtual void cancel_held(native_slot& s) noexcept = 0;
  /// Begins to close what was released; by default the pool does.
  virtual void close_released() noexcept;

  void send_to_pool(native_slot& s) noexcept;
  /// Hands to the pool what was gathered in this turn, and closes what was released.
  void hand_over() noexcept;
  /// The end of an operation that was under way.
  void finished(native_slot& s, std::int64_t result) noexcept;

  loop& owner_;
  loop_statistics counts_;
  int released_ = -1;  // the first of a list through system_id::release_link

 private:
  void call(operation& op, const native_row& row, std::int64_t result) noexcept;
  native_slot& take_on(operation& op, const native_row& row) noexcept;
  void go_overlapped(operation& op, const native_row& row, bool measured) noexcept;
  bool try_plain(operation& op, const native_row& row) noexcept;
  void end_early(native_slot& s) noexcept;
  native_slot* live_on(int descriptor, bool not_yet_cancelled) noexcept;
  void settle_drains() noexcept;

  struct closer : job {
    std::atomic<bool> busy = false;
    int first = -1;
  };

  policy policy_;
  way_choice ways_;
  bool latency_sensitive_;
  live_list live_;
  std::size_t held_ = 0;
  in_flight_slot counted_;
  job_queue to_pool_;
  job_queue drains_;
  closer closer_;
  std::unique_ptr<thread_pool> pool_;
  unsigned pool_threads_;
};

}  // namespace sluice::inline v0

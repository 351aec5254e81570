// What the backends of this machine share: plain calls, the pool, counting, closing.
#pragma once

#include <poll.h>
#include <time.h>

#include <memory>
#include <new>

#include "backend/backend.hpp"
#include "backend/in_flight.hpp"
#include "backend/lines.hpp"
#include "backend/native_row.hpp"
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
  enum class stage : std::uint8_t {
    queued,
    in_ring,
    polled,
    in_pool,
    behind,  // another one, in its stream's line
    awaiting_readiness,
    asleep
  } at;
  // What makes its end a special one. Together, so that the usual end asks once.
  enum mark : std::uint8_t {
    measured = 1,
    cancel_wanted = 2,
    was_polled = 4,
    in_line = 8,
    by_calls = 16,   // made by a call whenever the descriptor is ready
    enough = 32,     // its sink is full: what more comes is the end
    lent = 64        // it has sent, and its buffer is still needed
  };
  std::uint8_t marks;

  bool has(mark m) const noexcept { return (marks & m) != 0; }
  void set(mark m) noexcept { marks = static_cast<std::uint8_t>(marks | m); }
  void clear(mark m) noexcept { marks = static_cast<std::uint8_t>(marks & ~m); }

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
    s.prev->following = &s;
    ends_.prev = &s;
  }
  void remove(native_slot& s) noexcept {
    s.prev->following = s.following;
    s.following->prev = s.prev;
  }
  bool empty() const noexcept { return ends_.following == &ends_; }
  /// Everything in the other is here now, and was nothing before.
  void take_over(live_list& other) noexcept {
    if (other.empty()) return;
    ends_ = other.ends_;
    ends_.prev->following = ends_.following->prev = &ends_;
    other.ends_.prev = other.ends_.following = &other.ends_;
  }
  template <class Predicate>
  native_slot* find(Predicate wanted) noexcept {
    for (native_slot* s = ends_.following; s != &ends_; s = s->following) {
      if (wanted(*s)) return s;
    }
    return nullptr;
  }
  /// Calls `f` with everything that is here; a call may remove what it is given.
  template <class Function>
  void each(Function f) noexcept {
    for (native_slot* s = ends_.following; s != &ends_;) {
      native_slot* const after = s->following;
      f(*s);
      s = after;
    }
  }

 private:
  native_slot ends_{};
};

class native_backend : public backend {
 public:
  native_backend(loop& owner, const loop_options& options);
  /// Takes the place of another, and all that this one has.
  explicit native_backend(native_backend& before);
  ~native_backend() override;

  /// Makes up its mind, if it has not yet had to, who is to carry out what has to wait.
  void settle() noexcept {
    if (may_be_outgrown_) outgrow();
  }

  way_taken way_of(const operation& op) const noexcept final;
  void cancel(operation& op) noexcept final;
  void cancel_all() noexcept final;
  time_point_ns now() noexcept final;
  /// What is left until then, at least nothing, as the kernel wants to be told.
  timespec left_until(time_point_ns when) noexcept;
  bool idle() const noexcept final { return live_.empty() && held_ == 0; }
  void retire() noexcept final;
  void close(operation& closing) noexcept final;
  bool release(int descriptor) noexcept final;
  void collect(loop_statistics& into) const noexcept override;

  /// So many operations more, or less, are under way elsewhere and will come back to this loop.
  void hold(int change) noexcept { held_ += static_cast<std::size_t>(change); }
  /// Asks everything under way on a descriptor to end; schedules the request when it has.
  void drain(drain_request& wanted) noexcept;
  /// Nothing more will come of what had this descriptor.
  void forget(int descriptor) noexcept {
    if (stream_lines* lines = lines_.find(descriptor)) forget(descriptor, *lines);
  }
  /// The same, where that is all at once: true, nothing is left.
  bool silence(int descriptor) noexcept;

 protected:
  /// Asked before the first operation that is not a plain call, where `may_be_outgrown_`: who is to
  /// carry out what follows, this or one that has taken its place.
  virtual native_backend& outgrow() noexcept { return *this; }
  native_backend& give_way_to(std::unique_ptr<native_backend> better) noexcept;
  /// Takes the operation on the overlapped way; by default that is the pool.
  virtual void overlap(native_slot& s) noexcept { send_to_pool(s); }
  /// Whether that is the pool for this kind, whose threads need a core as the loop does.
  virtual bool in_pool(const native_row&) const noexcept { return true; }
  /// Carries out the first of a stream's line: `fresh` from its submission, or because the one before it
  /// has left, and then nothing may end in this call.
  virtual void await_readiness(native_slot& s, bool fresh) noexcept = 0;
  /// Asks for the end of an operation that this class does not hold.
  virtual void cancel_held(native_slot& s) noexcept = 0;
  /// The first of a line has ended, or needs it no more: the next one's turn.
  void left_line(native_slot& s) noexcept;
  /// What is known of a handle's descriptor; null where that is none, or without memory.
  stream_lines* lines_for(handle_id id) noexcept {
    const int descriptor = system_id::descriptor(id);
    stream_lines* lines = descriptor < 0 ? nullptr : lines_.of(descriptor);
    if (lines != nullptr && lines->serial != system_id::serial(id)) {
      forget(descriptor, *lines);
      lines->serial = system_id::serial(id);
    }
    return lines;
  }
  static stream_line& line_in(stream_lines& both, const native_row& row) noexcept {
    return row.readiness == POLLIN ? both.in : both.out;
  }
  /// The same for one that stands in line.
  stream_lines& lines_of(const native_slot& s) noexcept {
    return *lines_.find(system_id::descriptor(s.op->id));
  }
  /// Keeps a connection that came when there was no room for it, until its listener is asked again or
  /// closed; first come, first served. False: there is no memory for that.
  bool park(handle_id listener, int connection) noexcept;
  /// The oldest that is kept for a listener; -1: none.
  int unpark(handle_id listener) noexcept;
  /// Begins to close what was released; by default the pool does.
  virtual void close_released() noexcept;

  void send_to_pool(native_slot& s) noexcept;
  /// Hands to the pool what was gathered in this turn, and closes what was released.
  void hand_over() noexcept;

  /// Chooses the way of an operation and takes it on.
  void route(operation& op, const native_row& row) noexcept;
  /// Made as a plain call, with this result.
  void called(operation& op, const native_row& row, std::int64_t result) noexcept {
    ++counts_.kinds[static_cast<std::size_t>(op.kind)].calls;
    row.finish(op, result);
    op.complete();
  }
  bool may_attempt() const noexcept { return ways_ != way_choice::overlapped; }
  /// From now on the operation is under way. Unless it is about time, count it as well.
  native_slot& admit(operation& op, const native_row& row,
                     native_slot::stage at = native_slot::stage::queued) noexcept {
    auto& s = *::new (static_cast<void*>(op.scratch)) native_slot;
    s.op = &op;
    s.row = &row;
    s.at = at;
    s.marks = 0;
    live_.insert(s);
    return s;
  }

  /// The end of an operation that was under way.
  void finished(native_slot& s, std::int64_t result) noexcept {
    if (s.has(native_slot::measured)) measure_end(s);
    if (s.has(native_slot::in_line)) left_line(s);
    operation& op = *s.op;
    if (s.at != native_slot::stage::asleep) counted_.ended(system_id::descriptor(op.id));
    end(s, op, result);
    settle_drains();
  }
  /// The same for one that was counted and is not measured, by a caller who settles the drains.
  void finished_plainly(native_slot& s, std::int64_t result) noexcept {
    operation& op = *s.op;
    counted_.ended(system_id::descriptor(op.id));
    end(s, op, result);
  }
  /// Tells those who wait for descriptors to fall silent which have.
  void settle_drains() noexcept {
    if (!drains_.empty()) [[unlikely]] tell_drains();
  }

  /// A look at the clock is a system call here, and a dear one.
  bool clock_is_dear() noexcept;
  time_point_ns suspicious(bool pooled) noexcept;
  std::uint64_t turns() const noexcept { return turns_; }

  loop& owner_;
  bool may_be_outgrown_ = false;
  loop_statistics counts_;
  in_flight_slot counted_;
  std::size_t measured_ = 0;  // under way outside the pool, whose cost is wanted
  time_point_ns share_ = -1;  // of the loop's time, for each of those that end in this turn; -1: unknown
  line_table lines_;
  int released_ = -1;  // the first of a list through system_id::release_link

 private:
  void end(native_slot& s, operation& op, std::int64_t result) noexcept {
    live_.remove(s);
    s.row->finish(op, result);
    op.complete();
  }
  void measure_end(native_slot& s) noexcept;
  void route_everything() noexcept;
  template <class Op>
  static void call_quickly(backend& b, operation& op) noexcept;
  void take_quick_calls() noexcept;
  void forget(int descriptor, stream_lines& lines) noexcept;
  void stand_in_line(native_slot& s) noexcept;
  void go_overlapped(operation& op, const native_row& row, bool measured) noexcept;
  bool try_plain(operation& op, const native_row& row) noexcept;
  enum class why_long : std::uint8_t { worked, preempted, waited };
  why_long lost_core() noexcept;
  void end_early(native_slot& s) noexcept;
  native_slot* live_on(int descriptor, bool not_yet_cancelled) noexcept;
  void close_parked(int descriptor) noexcept;
  void tell_drains() noexcept;

  struct closer : job {
    std::atomic<bool> busy = false;
    std::atomic<int> first = -1;  // of a list as `released_`
  };

  policy::pointer policy_;
  std::uint64_t turns_ = 0;
  long waits_ = 0;            // of the thread, when last looked at
  long preemptions_ = 0;
  /// A look at the clock is the cheapest call there is, and tells what others cost: going to another
  /// thread and back takes some system calls and switches, worth so many.
  static constexpr int calls_of_a_hop = 32;
  time_point_ns clock_price_ = 0;  // 0: not known yet
  way_choice ways_;
  bool latency_sensitive_;
  live_list live_;
  std::size_t held_ = 0;
  job_queue to_pool_;
  job_queue drains_;
  closer closer_;
  std::unique_ptr<thread_pool> pool_;
  unsigned pool_threads_;  // 0: by the cores
};

}  // namespace sluice::inline v0

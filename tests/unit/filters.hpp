// What tests of filters share: a driver whose clock stands still until it is told, a space that keeps
// operations until it is told, and operations begun by hand.
#pragma once

#include <algorithm>
#include <vector>

#include "unit/support.hpp"

namespace unit {

/// One thread drives it, and posts to it.
class hand_driver final : public sluice::driver {
 public:
  void post(sluice::job& j) noexcept override { schedule(j); }
  sluice::time_point_ns now() noexcept override { return now_; }

  /// Runs what is ready.
  void settle() {
    while (sluice::job* j = ready_.pop()) run_job(*j);
  }
  /// Lets time pass, and runs what becomes ready at its time.
  void pass(sluice::time_point_ns ns) {
    const auto until = now_ + ns;
    settle();
    while (timers_.next() <= until) {
      now_ = std::max(now_, timers_.next());
      timers_.expire(now_);
      settle();
    }
    now_ = until;
  }
  /// Lets time pass while the thread is busy with something else.
  void be_busy(sluice::time_point_ns ns) { now_ += ns; }
  bool has_timers() const { return timers_.next() != sluice::never; }

 private:
  sluice::time_point_ns now_ = 1'000'000 * ms;
};

/// Holds on to operations, in the order in which they came.
class parking_space final : public sluice::space {
 public:
  parking_space() : space(rows) {}

  std::vector<sluice::operation*> parked;
  unsigned came = 0;
  unsigned closed = 0;

  /// Completes the one that came first.
  void complete_first() {
    sluice::operation* op = parked.front();
    parked.erase(parked.begin());
    op->complete();
  }

 private:
  static parking_space& of(space& s) { return static_cast<parking_space&>(s); }
  static void park(space& s, sluice::operation& op) noexcept {
    ++of(s).came;
    of(s).parked.push_back(&op);
    // Whoever holds an operation owns this: a filter that looks at it now is wrong.
    std::fill(std::begin(op.scratch), std::end(op.scratch), std::byte{0xa5});
  }
  static const sluice::space_table rows;
};

inline constexpr sluice::space_table parking_space::rows = [] {
  sluice::space_table t{"parking"};
  for (sluice::space_table::row& r : t.rows) r = park;
  t[sluice::op_kind::close] = [](space& s, sluice::operation& op) noexcept {
    ++of(s).closed;
    op.complete();
  };
  t.cancel = [](space& s, sluice::operation& op) noexcept {
    auto& all = of(s).parked;
    const auto at = std::find(all.begin(), all.end(), &op);
    if (at == all.end()) return;
    all.erase(at);
    op.fail(errc::canceled);
  };
  return t;
}();

/// An operation that tells when it has ended.
template <class Op>
struct asked : sluice::call<Op> {
  using sluice::call<Op>::call;
  bool done = false;

  asked& begin_on(sluice::driver& d, sluice::stop_source* stop = nullptr) {
    this->waiter = &done;
    done = this->begin(d, stop, [](sluice::job& j) noexcept {
      *static_cast<bool*>(static_cast<sluice::operation&>(j).waiter) = true;
    });
    return *this;
  }
  void limit_to(sluice::time_point_ns ns) {
    this->deadline.when = ns;
    this->limit = sluice::time_limit::after_submission;
  }
};

inline std::byte some_bytes[4096];

struct asked_read : asked<sluice::ops::read_at> {
  explicit asked_read(sluice::space& s, sluice::handle_id id = 1, std::size_t size = 100)
      : asked(s, id, std::span(some_bytes).first(size), 0u) {}
};

}  // namespace unit

// The connections of one worker, and when the time of each is over.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "sluice/core/scope.hpp"
#include "sluice/io/stream.hpp"

namespace sluice::serve {

/// How many bytes the client has acknowledged; none where the socket does not tell.
std::optional<std::uint64_t> acknowledged(const stream& socket) noexcept;

/// Ends a connection at once, by a reset; what is still to be sent is thrown away.
void abort_connection(const stream& socket) noexcept;

/// A connection as those see it who end it when its time is over.
struct connection_watch {
  static constexpr std::uint64_t not_followed = ~std::uint64_t{0};

  connection_watch(const stream& s, scope& t) noexcept : socket(s), talk(t) {}

  const stream& socket;
  scope& talk;
  std::atomic<time_point_ns> deadline = never;
  /// What the client had acknowledged when this was last asked, where more by the deadline puts that off.
  std::atomic<std::uint64_t> taken = not_followed;
  std::atomic<bool> idle = true;      // waits for the first byte of a request
  std::atomic<bool> leaves = false;   // was asked to, while idle
  /// The same when an answer was first followed, from which on it grows: later answers begin with this, so
  /// that asking is for deadlines only. What came in between then counts for the first of theirs.
  std::optional<std::uint64_t> taken_at_first;
  bool taken_was_asked = false;
  bool answered = false;              // at least one request
  bool timed_out = false;             // and was ended for it
  bool lent = false;                  // the network has, or takes, pages of ours until the client has them
  connection_watch* next = nullptr;
  connection_watch* before = nullptr;

  /// Ends it softly: a request that has come is answered, and none that comes later.
  void ask_to_leave() noexcept;

  /// Whether the client has taken something since this was last asked. It is then given as much time again.
  bool goes_on(time_point_ns now, time_point_ns patience) noexcept;
};

/// Deadlines are looked at a few times a second, which for many connections is less work than a timer
/// in each of their operations. One thread serves them; another may look.
class connection_list {
 public:
  void add(connection_watch& c) noexcept {
    const std::lock_guard hold(mutex_);
    c.next = first_;
    if (first_ != nullptr) first_->before = &c;
    first_ = &c;
    ++size_;
  }
  void remove(connection_watch& c) noexcept {
    const std::lock_guard hold(mutex_);
    (c.before != nullptr ? c.before->next : first_) = c.next;
    if (c.next != nullptr) c.next->before = c.before;
    --size_;
  }
  std::size_t size() const noexcept { return size_; }

  /// Calls `end(watch)` for those whose deadline has passed and who take nothing; `never` is later than all
  /// deadlines. If `draining`, the idle ones are asked to leave.
  template <class End>
  void end_some(time_point_ns now, time_point_ns patience, bool draining, const End& end) noexcept {
    const std::lock_guard hold(mutex_);
    for (connection_watch* c = first_; c != nullptr; c = c->next) {
      if (c->timed_out) continue;
      const bool late = c->deadline.load(std::memory_order_relaxed) <= now && !c->goes_on(now, patience);
      if (late) {
        c->timed_out = true;
        end(*c);
      } else if (draining && c->idle.load(std::memory_order_relaxed)) {
        c->ask_to_leave();
      }
    }
  }

  /// Asks the one to leave that has been idle for longest, among those that had an answer: their clients
  /// know that this may happen. False: there is none.
  bool end_idlest() noexcept;

 private:
  std::mutex mutex_;
  connection_watch* first_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sluice::serve

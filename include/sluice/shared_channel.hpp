// Values handed from loop to loop.
#pragma once

#include <coroutine>
#include <cstddef>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#include "sluice/core/error.hpp"
#include "sluice/core/promise.hpp"
#include "sluice/core/value_ring.hpp"

namespace sluice::inline v0 {

namespace detail {

/// A coroutine that waits in a line that other threads look at. The line is the mutex's; the stop
/// link is its own driver's.
struct shared_waiter : job {
  struct stop_link : stop_slot {
    shared_waiter* self = nullptr;
  };
  std::coroutine_handle<> waiter;
  driver* home = nullptr;
  std::mutex* guard = nullptr;
  job_queue* line = nullptr;
  stop_link stopper;
  error why;

  void prepare(std::mutex& mutex, surroundings around, std::coroutine_handle<> h) noexcept {
    waiter = h;
    home = around.home;
    guard = &mutex;
    run = [](job& j) noexcept {
      auto& self = static_cast<shared_waiter&>(j);
      self.stopper.unlink();
      self.home->resume_next(self.waiter);
    };
  }

  /// Under the mutex.
  void wait_in(job_queue& q) noexcept {
    line = &q;
    q.push(*this);
  }

  /// On its own driver: whoever takes it out of the line resumes it by a message to this thread, so
  /// not before this one is done.
  void listen(stop_source* stop) noexcept {
    if (stop == nullptr) return;
    stopper.self = this;
    stopper.requested = [](stop_slot& s) noexcept {
      shared_waiter& self = *static_cast<stop_link&>(s).self;
      std::unique_lock lock(*self.guard);
      if (!self.line->remove(self)) return;  // its turn has come, and the message is on its way
      lock.unlock();
      self.why = errc::canceled;
      self.home->schedule(self);
    };
    stop->link(stopper);
  }

  /// Out of the line; not under the mutex, because the channel may end as soon as it runs.
  void wake(driver* here) noexcept { here == home ? home->schedule(*this) : home->post(*this); }

  /// It need not wait: true if the others get their turn before it goes on, as they must when
  /// somebody on another core keeps up with it.
  bool go_on() noexcept {
    if (home->spend_inline()) return false;
    home->schedule(*this);
    return true;
  }
};

}  // namespace detail

/// Tasks of any drivers hand values to each other: the `channel` for several threads. Bounded: a full
/// channel makes senders wait, in order. `Capacity` values lie inside the channel, and nothing is
/// allocated. Whoever waits is resumed on its own driver's thread. Members are for any thread; a
/// thread without a loop uses `sync`. The channel must outlive all calls and awaits on it, and a
/// driver those of its tasks that wait.
template <class T, std::size_t Capacity>
class shared_channel {
  static_assert(std::is_nothrow_move_constructible_v<T>, "values are moved while others are locked out");

 public:
  shared_channel() noexcept {}
  ~shared_channel() {
    SLUICE_ASSERT(senders_.empty() && receivers_.empty(), "a channel ended before those that wait");
  }
  shared_channel(const shared_channel&) = delete;
  shared_channel& operator=(const shared_channel&) = delete;

  /// Completes when the value is in the channel; errc::broken_pipe once the channel is closed,
  /// errc::canceled if the task is asked to stop while it waits: then the value was not sent.
  auto send(T value) noexcept { return sender(*this, std::move(value)); }

  /// Completes with the oldest value; errc::end_of_file once the channel is closed and empty,
  /// errc::canceled if the task is asked to stop while it waits: then nothing was received.
  auto receive() noexcept { return receiver(*this); }

  /// Values already sent can still be received. Those who wait are told at once.
  void close() noexcept {
    job_queue told;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      for (job* j = senders_.front(); j != nullptr; j = j->next)
        static_cast<detail::shared_waiter*>(j)->why = errc::broken_pipe;
      for (job* j = receivers_.front(); j != nullptr; j = j->next)
        static_cast<detail::shared_waiter*>(j)->why = errc::end_of_file;
      told.append(senders_);
      told.append(receivers_);
    }
    while (job* j = told.pop())
      static_cast<detail::shared_waiter*>(j)->wake(port::current_driver());
  }

  /// As of now: by the time the caller looks at it, others may have changed it.
  std::size_t size() const noexcept {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }
  bool closed() const noexcept {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  class sender : public detail::shared_waiter {
   public:
    sender(shared_channel& c, T value) noexcept : on_(c), value_(std::move(value)) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      return on_.begin_send(*this, detail::surroundings_of(h), h);
    }
    result<void> await_resume() noexcept {
      if (this->why) return std::unexpected(this->why);
      return {};
    }

   private:
    friend shared_channel;
    shared_channel& on_;
    T value_;
  };

  class receiver : public detail::shared_waiter {
   public:
    explicit receiver(shared_channel& c) noexcept : on_(c) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      return on_.begin_receive(*this, detail::surroundings_of(h), h);
    }
    result<T> await_resume() noexcept {
      if (this->why) return std::unexpected(this->why);
      T* value = std::launder(reinterpret_cast<T*>(place_));
      result<T> given(std::move(*value));
      value->~T();
      return given;
    }

   private:
    friend shared_channel;
    void give(T&& value) noexcept { ::new (static_cast<void*>(place_)) T(std::move(value)); }
    shared_channel& on_;
    alignas(T) std::byte place_[sizeof(T)];
  };

  bool begin_send(sender& s, surroundings around, std::coroutine_handle<> h) noexcept {
    s.prepare(mutex_, around, h);
    if (around.stop != nullptr && around.stop->stop_requested()) s.why = errc::canceled;
    receiver* woken = nullptr;
    if (!s.why) {
      const std::lock_guard lock(mutex_);
      if (closed_) {
        s.why = errc::broken_pipe;
      } else if (job* j = receivers_.pop()) {
        woken = &static_cast<receiver&>(static_cast<detail::shared_waiter&>(*j));
        woken->give(std::move(s.value_));
      } else if (!values_.full()) {
        values_.put(std::move(s.value_));
      } else {
        s.wait_in(senders_);
      }
    }
    if (woken != nullptr) woken->wake(around.home);
    if (s.line == nullptr) return s.go_on();
    s.listen(around.stop);
    return true;
  }

  bool begin_receive(receiver& r, surroundings around, std::coroutine_handle<> h) noexcept {
    r.prepare(mutex_, around, h);
    if (around.stop != nullptr && around.stop->stop_requested()) r.why = errc::canceled;
    sender* woken = nullptr;
    if (!r.why) {
      const std::lock_guard lock(mutex_);
      if (!values_.empty()) {
        r.give(values_.take());
        if (job* j = senders_.pop()) {
          woken = &static_cast<sender&>(static_cast<detail::shared_waiter&>(*j));
          values_.put(std::move(woken->value_));
        }
      } else if (closed_) {
        r.why = errc::end_of_file;
      } else {
        r.wait_in(receivers_);
      }
    }
    if (woken != nullptr) woken->wake(around.home);
    if (r.line == nullptr) return r.go_on();
    r.listen(around.stop);
    return true;
  }

  mutable std::mutex mutex_;
  detail::value_ring<T, Capacity> values_;
  bool closed_ = false;
  job_queue senders_;
  job_queue receivers_;
};

}  // namespace sluice::inline v0

#pragma once

#include <coroutine>
#include <cstddef>
#include <new>
#include <utility>

#include "sluice/core/error.hpp"
#include "sluice/core/promise.hpp"
#include "sluice/core/value_ring.hpp"

namespace sluice::inline v0 {

namespace detail {

/// A coroutine that waits in line, until it is its turn or its task is asked to stop.
struct queued : job {
  struct stop_link : stop_slot {
    queued* self = nullptr;
  };
  std::coroutine_handle<> waiter;
  driver* home = nullptr;
  job_queue* line = nullptr;
  stop_link stopper;
  error why;

  void wait_in(job_queue& q, surroundings around, std::coroutine_handle<> h) noexcept {
    waiter = h;
    home = around.home;
    line = &q;
    run = [](job& j) noexcept {
      auto& self = static_cast<queued&>(j);
      self.home->resume_next(self.waiter);
    };
    if (around.stop != nullptr) {
      stopper.self = this;
      stopper.requested = stop_waiting;
      around.stop->link(stopper);
    }
    q.push(*this);
  }

  /// How a stop source tells that a coroutine waits in line.
  static void stop_waiting(stop_slot& s) noexcept {
    static_cast<stop_link&>(s).self->give_up(errc::canceled);
  }
  static queued* of(stop_slot& s) noexcept {
    return s.requested == stop_waiting ? static_cast<stop_link&>(s).self : nullptr;
  }

  void give_up(error e) noexcept {
    if (line->remove(*this)) wake(e);
  }

  /// Already out of the line.
  void wake(error e) noexcept {
    stopper.unlink();
    why = e;
    home->schedule(*this);
  }
};

}  // namespace detail

/// Tasks of one driver hand values to each other. Bounded: a full channel makes senders wait, in
/// order. Not thread-safe. `Capacity` values lie inside the channel; nothing is allocated.
template <class T, std::size_t Capacity>
class channel {
 public:
  channel() noexcept {}
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  /// Completes when the value is in the channel; errc::broken_pipe once the channel is closed,
  /// errc::canceled if the task is asked to stop while it waits: then the value was not sent.
  auto send(T value) noexcept { return sender(*this, std::move(value)); }

  /// Completes with the oldest value; errc::end_of_file once the channel is closed and empty.
  auto receive() noexcept { return receiver(*this); }

  /// Values already sent can still be received. Those who wait are told at once.
  void close() noexcept {
    closed_ = true;
    while (job* j = senders_.pop()) static_cast<detail::queued&>(*j).wake(errc::broken_pipe);
    while (job* j = receivers_.pop()) static_cast<detail::queued&>(*j).wake(errc::end_of_file);
  }

  std::size_t size() const noexcept { return values_.size(); }
  bool closed() const noexcept { return closed_; }

 private:
  class sender : public detail::queued {
   public:
    sender(channel& c, T value) noexcept : on_(c), value_(std::move(value)) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      const surroundings around = detail::surroundings_of(h);
      if (on_.closed_) {
        this->why = errc::broken_pipe;
        return false;
      }
      if (around.stop != nullptr && around.stop->stop_requested()) {
        this->why = errc::canceled;
        return false;
      }
      if (!on_.values_.full()) {
        on_.put(std::move(value_));
        return false;
      }
      this->wait_in(on_.senders_, around, h);
      return true;
    }
    result<void> await_resume() noexcept {
      if (this->why) return std::unexpected(this->why);
      return {};
    }

   private:
    friend channel;
    channel& on_;
    T value_;
  };

  class receiver : public detail::queued {
   public:
    explicit receiver(channel& c) noexcept : on_(c) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      const surroundings around = detail::surroundings_of(h);
      if (!on_.values_.empty()) return false;
      if (on_.closed_) {
        this->why = errc::end_of_file;
        return false;
      }
      if (around.stop != nullptr && around.stop->stop_requested()) {
        this->why = errc::canceled;
        return false;
      }
      this->wait_in(on_.receivers_, around, h);
      return true;
    }
    result<T> await_resume() noexcept {
      if (this->why) return std::unexpected(this->why);
      if (!handed_) return on_.take();
      T* value = std::launder(reinterpret_cast<T*>(slot_));
      result<T> given(std::move(*value));
      value->~T();
      return given;
    }

   private:
    friend channel;
    channel& on_;
    bool handed_ = false;
    alignas(T) std::byte slot_[sizeof(T)];
  };

  /// One value more. It goes into the hands of the receiver who waits longest, if any: were it left
  /// in the channel, somebody else could take it before that receiver runs.
  void put(T&& value) noexcept {
    if (job* j = receivers_.pop()) {
      auto& r = static_cast<receiver&>(static_cast<detail::queued&>(*j));
      ::new (static_cast<void*>(r.slot_)) T(std::move(value));
      r.handed_ = true;
      r.wake({});
      return;
    }
    values_.put(std::move(value));
  }

  /// One value less: room for the sender who waits longest, if any.
  T take() noexcept {
    T value = values_.take();
    if (job* j = senders_.pop()) {
      auto& s = static_cast<sender&>(static_cast<detail::queued&>(*j));
      put(std::move(s.value_));
      s.wake({});
    }
    return value;
  }

  detail::value_ring<T, Capacity> values_;
  bool closed_ = false;
  job_queue senders_;
  job_queue receivers_;
};

}  // namespace sluice::inline v0

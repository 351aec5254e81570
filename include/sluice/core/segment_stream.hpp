// Hearing of a transfer's segments as they land: by a callable, or as a stream of items in room
// that the caller gives.
#pragma once

#include <coroutine>
#include <cstddef>
#include <utility>

#include "sluice/core/call.hpp"

namespace sluice::inline v0 {

/// Calls `told(const landed_segment&)` for each segment, on the driver's thread, in the middle of
/// whatever completes it: it must not throw, block or end the transfer.
template <class Callable>
class each_segment : public segment_sink {
 public:
  explicit each_segment(Callable told) noexcept : told_(static_cast<Callable&&>(told)) {
    land = [](segment_sink& s, const landed_segment& landed) noexcept {
      static_cast<each_segment&>(s).told_(landed);
    };
  }
  each_segment(const each_segment&) = delete;
  each_segment& operator=(const each_segment&) = delete;

 private:
  Callable told_;
};

/// Segments of any number of transfers, in the order in which they land. There is room for
/// `Capacity` of them, under way or waiting to be taken: when it is used up, transfers are not
/// split further and no other begins, until something is taken; nothing is lost. One driver, one
/// task that takes. Nothing is allocated.
///
///     segment_stream<8> parts;
///     auto reading = f.read_segments_at(buffer, 0, parts);
///     co_await parts.begin(reading);
///     for (;;) {
///       const auto part = co_await parts.next();
///       if (!part) break;  // errc::end_of_file: all has landed
///     }
///     const transfer_result whole = reading.outcome();
template <std::size_t Capacity>
class segment_stream : public segment_sink {
  static_assert(Capacity > 0);

 public:
  segment_stream() noexcept {
    reserve = [](segment_sink& s) noexcept {
      auto& self = static_cast<segment_stream&>(s);
      if (self.used_ == Capacity) return false;
      ++self.used_;
      return true;
    };
    land = [](segment_sink& s, const landed_segment& landed) noexcept {
      auto& self = static_cast<segment_stream&>(s);
      self.items_[(self.first_ + self.size_++) % Capacity] = landed;
      self.tell();
    };
  }
  /// All that was begun has ended: take until the end.
  ~segment_stream() {
    SLUICE_ASSERT(begun_ == 0, "a stream of segments died before its transfers");
  }
  segment_stream(const segment_stream&) = delete;
  segment_stream& operator=(const segment_stream&) = delete;

  /// Begins a transfer whose sink this is, now or, where there is no room, when something has been
  /// taken. Awaiting it does not wait for the transfer. The transfer listens to the awaiting task's
  /// stop source, and has to live until this stream has come to its end.
  template <class Op>
  [[nodiscard]] auto begin(transfer_call<Op>& one) noexcept {
    return beginning<transfer_call<Op>>(*this, one);
  }

  /// The next part; errc::end_of_file when every transfer that was begun has ended and all was
  /// taken. Does not listen to stop sources: the transfers do, and then end soon.
  [[nodiscard]] auto next() noexcept { return taking(*this); }

 private:
  template <class Call>
  class beginning {
   public:
    beginning(segment_stream& s, Call& c) noexcept : on_(s), call_(c) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      const surroundings around = detail::surroundings_of(h);
      SLUICE_ASSERT(call_.sink == &on_, "this transfer tells somebody else of its segments");
      on_.home_ = around.home;
      call_.home = around.home;
      if (call_.stop_by == nullptr) call_.stop_by = around.stop;
      call_.waiter = &on_;
      call_.run = [](job& j) noexcept {  // there is room now
        auto& c = static_cast<Call&>(static_cast<operation&>(j));
        auto& s = *static_cast<segment_stream*>(c.waiter);
        ++s.used_;
        c.has_room = true;
        if (c.begin(*c.home, c.stop_by, ended)) s.one_ended(c);
      };
      ++on_.begun_;
      if (on_.used_ == Capacity || !on_.line_.empty()) {
        on_.line_.push(call_);
      } else {
        call_.run(call_);
      }
      return false;
    }
    void await_resume() const noexcept {}

   private:
    static void ended(job& j) noexcept {
      auto& c = static_cast<Call&>(static_cast<operation&>(j));
      static_cast<segment_stream*>(c.waiter)->one_ended(c);
    }
    segment_stream& on_;
    Call& call_;
  };

  class taking {
   public:
    explicit taking(segment_stream& s) noexcept : on_(s) {}
    bool await_ready() const noexcept { return on_.size_ > 0 || on_.begun_ == 0; }
    void await_suspend(std::coroutine_handle<> h) noexcept { on_.waiter_ = h; }
    result<landed_segment> await_resume() noexcept {
      if (on_.size_ == 0) return std::unexpected(error(errc::end_of_file));
      return on_.take();
    }

   private:
    segment_stream& on_;
  };

  landed_segment take() noexcept {
    const landed_segment oldest = items_[first_];
    first_ = (first_ + 1) % Capacity;
    --size_;
    room_again();
    return oldest;
  }

  /// Who waits for it begins, one after the other: one may end at once without having used it.
  void room_again() noexcept {
    --used_;
    if (std::exchange(admits_, true)) return;
    while (used_ < Capacity) {
      job* next = line_.pop();
      if (next == nullptr) break;
      next->run(*next);
    }
    admits_ = false;
  }

  void one_ended(transfer& t) noexcept {
    --begun_;
    if (std::exchange(t.has_room, false)) room_again();  // refused before it had a segment
    tell();
  }

  /// Something has landed, or ended: whoever waits goes on, once.
  void tell() noexcept {
    if (!waiter_ || (size_ == 0 && begun_ > 0)) return;
    wake_.waiter = waiter_.address();
    wake_.run = nullptr;
    waiter_ = nullptr;
    home_->schedule(wake_);
  }

  landed_segment items_[Capacity];
  std::size_t first_ = 0;
  std::size_t size_ = 0;   // landed, to be taken
  std::size_t used_ = 0;   // of the room: these, and those under way
  std::size_t begun_ = 0;  // transfers that have not ended
  bool admits_ = false;    // those who wait for room
  job_queue line_;         // of these transfers
  driver* home_ = nullptr;
  std::coroutine_handle<> waiter_;
  resumption wake_;
};

}  // namespace sluice::inline v0

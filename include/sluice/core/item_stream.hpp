// Awaiting the items of an operation one by one.
#pragma once

#include <coroutine>
#include <cstddef>
#include <utility>

#include "sluice/core/call.hpp"
#include "sluice/core/items.hpp"
#include "sluice/core/value_ring.hpp"

namespace sluice::inline v0 {

/// The items of one operation, which is submitted again and again: connections of a listener, what
/// a stream receives. `Store` has the room for items that nobody has taken yet; when it is used up
/// the operation ends, and begins again once there is room: nothing is lost. Nothing is allocated.
///
/// One task takes at a time, and a stop requested of it while it waits ends the operation; so does a
/// deadline, after which `next` begins it again. This must not die while the operation is under way: take
/// until `next` has failed, or await `end`.
template <class Op, class Store>
class item_stream : private item_sink<typename Op::item_type> {
  using item = typename Op::item_type;
  using sink = item_sink<item>;

 public:
  template <class... Arguments>
  explicit item_stream(Arguments&&... arguments) noexcept
      : op_(std::forward<Arguments>(arguments)...) {
    op_.sink = this;
    this->take = [](sink& s, item i) noexcept {
      auto& self = static_cast<item_stream&>(s);
      self.store_.put(std::move(i));
      self.tell();
      return self.store_.has_room();
    };
    this->room = [](const sink& s) noexcept {
      return static_cast<const item_stream&>(s).store_.has_room();
    };
    op_.waiter = this;
  }
  ~item_stream() {
    SLUICE_ASSERT(!busy(), "a stream of items was destroyed while it was under way");
    store_.clear(*op_.target);
  }
  item_stream(const item_stream&) = delete;
  item_stream& operator=(const item_stream&) = delete;

  /// Completes with the oldest item. When there are none left: with the error that the operation
  /// ended with (and the next call begins it again), or errc::end_of_file when there will be no more.
  /// `next().within(time)` or `.before(when)`: errc::timed_out when nothing has come by then.
  [[nodiscard]] auto next() noexcept { return taking(*this); }

  /// Asks the operation to end, and completes when it has. What has been got can still be taken: as long
  /// as `any`, for after that `next` begins it again.
  [[nodiscard]] auto end() noexcept { return ending(*this); }

  /// Items have come that nobody has taken: `next` need not wait.
  bool any() const noexcept { return !store_.empty(); }

 private:
  class taking {
   public:
    explicit taking(item_stream& s) noexcept : on_(s) {}
    // As with operations, what is awaited is not this; see call_options.
    taking& within(time_point_ns nanoseconds) && noexcept {
      return limited(nanoseconds, time_limit::after_submission);
    }
    taking& before(time_point_ns when) && noexcept { return limited(when, time_limit::at); }
    auto operator co_await() noexcept { return taker(on_, when_, limit_); }

   private:
    taking& limited(time_point_ns when, time_limit how) noexcept {
      when_ = when;
      limit_ = how;
      return *this;
    }

    item_stream& on_;
    time_point_ns when_ = never;
    time_limit limit_ = time_limit::none;
  };

  class taker : timer {
   public:
    taker(item_stream& s, time_point_ns limit, time_limit how) noexcept : on_(s), limit_(how) {
      this->when = limit;
    }
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      const surroundings around = detail::surroundings_of(h);
      item_stream& s = on_;
      s.home_ = around.home;
      const bool stopped = around.stop != nullptr && around.stop->stop_requested();
      if (s.store_.empty() && s.state_ == state::idle) {
        s.paused_ = false;
        if (stopped) {
          s.end_with(errc::canceled);
        } else {
          s.go();
        }
      }
      if (s.store_.empty() && s.busy()) {
        s.waiter_ = h;
        if (stopped) {
          s.stop();
        } else if (around.stop != nullptr) {
          s.listen(*around.stop);
        }
        if (limit_ != time_limit::none) arm(*around.home);
        return true;
      }
      if (around.home->spend_inline()) return false;
      s.waiter_ = h;
      s.resume(*around.home);
      return true;
    }
    auto await_resume() noexcept {
      on_.home_->timers().disarm(*this);
      if (late_ && !on_.store_.empty()) on_.forget_deadline();
      auto next = on_.taken();
      if (late_ && !next && next.error() == errc::canceled) next = std::unexpected(error(errc::timed_out));
      return next;
    }

   private:
    void arm(driver& home) noexcept {
      if (limit_ == time_limit::after_submission) this->when += home.now();
      this->fire = [](timer& t) noexcept {
        auto& self = static_cast<taker&>(t);
        if (!self.on_.waiter_) return;  // it is about to go on
        self.late_ = true;
        self.on_.stop();
      };
      home.timers().arm(*this);
    }

    item_stream& on_;
    time_limit limit_;
    bool late_ = false;
  };

  class ending {
   public:
    explicit ending(item_stream& s) noexcept : on_(s) {}
    bool await_ready() const noexcept { return !on_.busy(); }
    void await_suspend(std::coroutine_handle<> h) noexcept {
      on_.waiter_ = h;
      on_.ending_ = true;
      on_.stop();
    }
    void await_resume() const noexcept {
      on_.ending_ = false;
      on_.paused_ = true;
      if (on_.op_.failure == errc::canceled) on_.state_ = state::idle;
    }

   private:
    item_stream& on_;
  };

  enum class state : std::uint8_t {
    idle,
    under_way,
    starved,  // waits for a buffer
    ended     // and `next` has not told why
  };
  bool busy() const noexcept { return state_ == state::under_way || state_ == state::starved; }

  /// Submits until it is under way, has an item, or will not go on.
  void go() noexcept {
    op_.run = [](job& j) noexcept {
      auto& self = *static_cast<item_stream*>(static_cast<operation&>(j).waiter);
      if (self.goes_on()) self.go();
      self.tell();
    };
    do {
      state_ = state::under_way;
      if (!start(op_, *home_, nullptr)) return;
    } while (goes_on());
  }

  /// It has ended: should it begin again now?
  bool goes_on() noexcept {
    if (std::exchange(stale_, false)) {
      stopping_ = false;  // however it ended: it may have been about to, for a reason of its own
      if (op_.failure == errc::canceled) {
        op_.failure = error();
        op_.value = items_end::no_room;
      }
    }
    const bool more = !op_.failure && op_.value != items_end::ended;
    state_ = more ? state::idle : state::ended;
    const bool stopping = std::exchange(stopping_, false);
    if (!more || ending_ || !store_.empty()) return false;
    if (stopping) {
      end_with(errc::canceled);
      return false;
    }
    if constexpr (requires { op_.pool; }) {
      // Some may have been given back since it ended; but of all that found none only as many should
      // begin again as there are.
      if (op_.value == items_end::starved && !op_.pool->grow()) {
        wait_for_buffer();
        return false;
      }
    }
    return true;
  }

  void wait_for_buffer() noexcept {
    state_ = state::starved;
    free_.self = this;
    free_.run = [](job& j) noexcept {
      auto& self = *static_cast<free_job&>(j).self;
      if (std::exchange(self.stopping_, false)) {
        self.end_with(errc::canceled);
      } else {
        self.go();
      }
      self.tell();
    };
    op_.pool->when_free(free_);
    op_.pool->pass_on();
  }

  void listen(stop_source& to) noexcept {
    stopper_.self = this;
    stopper_.requested = [](stop_slot& s) noexcept { static_cast<stop_link&>(s).self->stop(); };
    to.link(stopper_);
  }

  /// Something came just in time: that it was asked to end does not concern those who come later.
  void forget_deadline() noexcept {
    if (busy()) {
      stale_ = true;
    } else if (op_.failure == errc::canceled) {
      op_.failure = error();
      state_ = state::idle;
    }
  }

  void end_with(error why) noexcept {
    op_.failure = why;
    state_ = state::ended;
  }

  void stop() noexcept {
    stopping_ = true;
    stale_ = false;
    if (state_ == state::under_way) {
      if (op_.pending()) op_.target->cancel(op_);  // else its end is on its way
      return;
    }
    if constexpr (requires { op_.pool; }) {
      // Where a buffer is free already, the job that tells of it finds out.
      if (state_ != state::starved || !op_.pool->forget(free_)) return;
      stopping_ = false;
      end_with(errc::canceled);
      tell();
    }
  }

  /// Whoever waits goes on, if there is something to go on with.
  void tell() noexcept {
    if (waiter_ && (!busy() || (!ending_ && !store_.empty()))) resume(*home_);
  }
  void resume(driver& home) noexcept {
    stopper_.unlink();
    wake_.waiter = std::exchange(waiter_, nullptr).address();
    wake_.run = nullptr;
    home.schedule(wake_);
  }

  auto taken() noexcept {
    using output = result<decltype(store_.take(*op_.target))>;
    if (store_.empty()) {
      state_ = state::idle;
      return output(std::unexpected(op_.failure ? op_.failure : error(errc::end_of_file)));
    }
    output oldest(store_.take(*op_.target));
    // Have more on its way before this is all used up; where calls block, that would be too early.
    const bool ahead = home_ != nullptr && home_->carrier() != nullptr;
    if (ahead && state_ == state::idle && store_.is_low() && !paused_) go();
    return oldest;
  }

  struct free_job : job {
    item_stream* self;
  };
  struct stop_link : stop_slot {
    item_stream* self = nullptr;
  };

  Op op_;
  Store store_;
  state state_ = state::idle;
  bool ending_ = false;    // somebody awaits its end
  bool paused_ = false;    // it has ended so, and begins again only when nothing is left
  bool stopping_ = false;  // asked to end, and not to go on
  bool stale_ = false;     // asked for the sake of a deadline that does not matter any more
  driver* home_ = nullptr;
  std::coroutine_handle<> waiter_;
  resumption wake_;
  free_job free_;
  stop_link stopper_;
};

/// Room for handles that nobody has taken yet.
template <class Handle, std::size_t Capacity>
class handle_store {
 public:
  void put(handle_id id) noexcept { ids_[(first_ + size_++) % Capacity] = id; }
  Handle take(space& of) noexcept {
    const handle_id id = ids_[first_];
    first_ = (first_ + 1) % Capacity;
    --size_;
    return Handle(adopt, of, id);
  }
  void clear(space& of) noexcept {
    while (size_ > 0) of.release(take(of).detach());
  }
  bool empty() const noexcept { return size_ == 0; }
  bool has_room() const noexcept { return size_ < Capacity; }
  bool is_low() const noexcept { return size_ <= Capacity / 2; }

 private:
  handle_id ids_[Capacity];
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sluice::inline v0

#pragma once

#include <coroutine>
#include <utility>

#include "sluice/core/promise.hpp"
#include "sluice/core/stop_token.hpp"

namespace sluice::inline v0 {

/// A stop source on another driver that is asked to stop when one on this driver is: the request
/// crosses as a message that lies in the relay. Relays make a tree that spans drivers: `source()` may
/// be the parent of sources and relays over there. Requests go down only.
///
/// A relay is made, closed and destroyed on this driver's thread; `source()` is used on the other's.
/// It ends in three steps: everything that listens to `source()` has ended, and this thread knows it;
/// `co_await relay.close()`; its destructor. Both drivers have to run until then.
class stop_relay {
 public:
  /// Listens to `here.stop`; where that is null, nothing is ever passed on.
  stop_relay(surroundings here, driver& there) noexcept
      : here_(*here.home), there_(there) {
    heard_.self = this;
    heard_.requested = [](stop_slot& s) noexcept { static_cast<slot&>(s).self->pass_on(); };
    crossing_.self = this;
    if (here.stop == nullptr) return;
    SLUICE_ASSERT(&here.stop->home() == here.home, "a relay listens to a source of another driver");
    if (here.stop->stop_requested()) {
      there_.request_stop();  // nobody over there knows of it yet
    } else {
      here.stop->link(heard_);
    }
  }
  stop_relay(stop_source& from, driver& there) noexcept
      : stop_relay(surroundings{&from.home(), &from}, there) {}
  ~stop_relay() {
    SLUICE_ASSERT(!under_way_, "a stop relay ended while its message was under way");
    heard_.unlink();
  }
  stop_relay(const stop_relay&) = delete;
  stop_relay& operator=(const stop_relay&) = delete;

  /// For the other driver's thread.
  stop_source& source() noexcept { return there_; }

  /// Stops listening. Completes when no message is under way any more.
  auto close() noexcept {
    heard_.unlink();
    return closer{this};
  }

 private:
  struct slot : stop_slot {
    stop_relay* self = nullptr;
  };
  struct message : job {
    stop_relay* self = nullptr;
  };
  struct closer {
    stop_relay* closed;

    bool await_ready() const noexcept { return !closed->under_way_; }
    void await_suspend(std::coroutine_handle<> h) noexcept { closed->waiter_ = h; }
    void await_resume() const noexcept {}
  };

  /// There and back: only the way back tells this thread that the message has arrived.
  void pass_on() noexcept {
    under_way_ = true;
    crossing_.run = [](job& j) noexcept {
      auto& m = static_cast<message&>(j);
      m.self->there_.request_stop();
      m.run = [](job& back) noexcept {
        stop_relay& self = *static_cast<message&>(back).self;
        self.under_way_ = false;
        if (self.waiter_) self.here_.resume_next(std::exchange(self.waiter_, nullptr));
      };
      m.self->here_.post(m);
    };
    there_.home().post(crossing_);
  }

  driver& here_;
  stop_source there_;
  slot heard_;
  message crossing_;
  bool under_way_ = false;
  std::coroutine_handle<> waiter_;
};

}  // namespace sluice::inline v0

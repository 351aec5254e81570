// Requests to stop. A source belongs to one driver: registering with it is a list insertion with
// no atomic in it, and a request from another thread travels to that driver as a message.
#pragma once

#include "sluice/core/config.hpp"
#include "sluice/core/driver.hpp"

namespace sluice::inline v0 {

/// Something that wants to hear of a stop request; lies in its owner's memory.
struct stop_slot {
  stop_slot** owner = nullptr;  // the pointer that points at us; null when not linked
  stop_slot* next;
  void (*requested)(stop_slot&) noexcept;

  stop_slot() noexcept : next(nullptr), requested(nullptr) {}
  /// For those who fill in the rest when they link it.
  enum unlinked_t { unlinked };
  explicit stop_slot(unlinked_t) noexcept {}

  bool linked() const noexcept { return owner != nullptr; }
  void unlink() noexcept {
    if (owner == nullptr) return;
    *owner = next;
    if (next != nullptr) next->owner = owner;
    owner = nullptr;
  }
};

class stop_source {
 public:
  /// Belongs to `home`; with a `parent` (of the same driver), a stop there is a stop here.
  explicit stop_source(driver& home, stop_source* parent = nullptr) noexcept : home_(&home) {
    from_parent_.source = this;
    from_parent_.requested = parent_stopped;
    message_.source = this;
    message_.run = [](job& j) noexcept {
      stop_source* source = static_cast<message&>(j).source;
      source->posted_ = false;
      source->stop_here();
    };
    if (parent != nullptr && parent->stop_requested()) {
      requested_ = true;
    } else if (parent != nullptr) {
      parent->link(from_parent_);
    }
  }
  ~stop_source() {
    SLUICE_ASSERT(slots_ == nullptr, "a stop source ended before those that listen to it");
    SLUICE_ASSERT(!posted_, "a stop source ended before the request posted to it arrived");
    from_parent_.unlink();
  }
  stop_source(const stop_source&) = delete;
  stop_source& operator=(const stop_source&) = delete;

  /// On the home driver's thread: everyone who listens hears of it before this returns.
  void request_stop() noexcept { stop_here(); }

  /// From any other thread, at most once: the request is posted to the home driver. The source
  /// must stay until the message has been run.
  void post_stop() noexcept {
    posted_ = true;
    home_->post(message_);
  }

  bool stop_requested() const noexcept { return requested_; }
  driver& home() const noexcept { return *home_; }

  void link(stop_slot& s) noexcept {
    s.next = slots_;
    if (slots_ != nullptr) slots_->owner = &s.next;
    slots_ = &s;
    s.owner = &slots_;
  }

  /// Calls `f(slot)` for everyone who listens here or to a source below this one. A call may unlink
  /// its own slot.
  template <class Function>
  void each_listener(const Function& f) noexcept {
    for (stop_slot* s = slots_; s != nullptr;) {
      stop_slot* const after = s->next;
      if (s->requested == parent_stopped) {
        static_cast<parent_slot*>(s)->source->each_listener(f);
      } else {
        f(*s);
      }
      s = after;
    }
  }

 private:
  struct parent_slot : stop_slot {
    stop_source* source = nullptr;
  };
  static void parent_stopped(stop_slot& s) noexcept {
    static_cast<parent_slot&>(s).source->stop_here();
  }
  struct message : job {
    stop_source* source = nullptr;
  };

  void stop_here() noexcept {
    if (requested_) return;
    requested_ = true;
    while (slots_ != nullptr) {
      stop_slot& s = *slots_;
      s.unlink();
      s.requested(s);
    }
  }

  driver* home_;
  stop_slot* slots_ = nullptr;
  bool requested_ = false;
  bool posted_ = false;
  parent_slot from_parent_;
  message message_;
};

}  // namespace sluice::inline v0

// For filters that see operations end, or let them wait, whatever their kind: the operation itself
// is handed on to the inner space, and a record from a slab of fixed size tells where it goes after
// that.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "sluice/space/forward.hpp"

namespace sluice::inline v0 {

class hop_space;

/// What an operation's `waiter` points at while a filter holds it or waits for its end: whom it
/// goes to afterwards. Filters over filters make a chain of these.
struct hop_link {
  enum class stage : std::uint8_t {
    in_line,  // no record was free: waits for one
    held,     // the filter lets it wait for a time
    inside    // the inner space has it
  };

  hop_link* prev;
  hop_link* next;
  operation* op;
  void (*run)(job&) noexcept;  // the operation's own
  void* waiter;                // the operation's own
  hop_space* filter;
  stage at;
  bool called;         // its operation is on its way to its loop, by `post`
  bool cancelled;      // while it was in line or held
  std::uint32_t note;  // the filter's
};

/// The record of one operation. Filters derive their own from it.
struct hop : hop_link, timer {
  hop() noexcept : timer(unarmed) {}

 private:
  friend hop_space;
  hop* beside_ = nullptr;             // the next of the same slab
  const driver* taken_by_ = nullptr;  // while it is
};

/// Linked both ways, so that whoever was cancelled leaves at once.
class hop_list {
 public:
  hop_list() noexcept { ends_.prev = ends_.next = &ends_; }
  hop_list(const hop_list&) = delete;
  hop_list& operator=(const hop_list&) = delete;

  bool empty() const noexcept { return ends_.next == &ends_; }
  hop_link& front() noexcept { return *ends_.next; }
  void push(hop_link& l) noexcept { put(l, *ends_.prev); }
  void push_front(hop_link& l) noexcept { put(l, ends_); }
  static void remove(hop_link& l) noexcept {
    l.prev->next = l.next;
    l.next->prev = l.prev;
  }
  template <class Visit>
  void for_each(Visit visit) noexcept {
    for (hop_link* l = ends_.next; l != &ends_;) {
      hop_link& visited = *l;
      l = l->next;
      visit(visited);
    }
  }

 private:
  static void put(hop_link& l, hop_link& behind) noexcept {
    l.prev = &behind;
    l.next = behind.next;
    l.next->prev = &l;
    behind.next = &l;
  }

  hop_link ends_;
};

/// A filter with records. For an operation that it is interested in, its row calls `enter`. Then
/// `begin` is called with a record, and does one of three things: `go_on`, after which `end` is
/// called when the operation has ended; `let_go`, after which it is not; or `hold`, which leads to
/// `due` when the time has come. All of that on the thread of the operation's driver.
///
/// Without a free record an operation waits in line, and keeps its place; so does what comes after
/// it. Where all records are taken by loops that stand still until it is done, around `sync`, it is
/// errc::would_deadlock.
/// In line and held, it may be cancelled, by closing the handle it is about too; a sleep, which
/// ends by being cancelled, must not be made to wait. A loop that ends first waits for what waits
/// here.
///
/// The mutex is held for a few instructions when a record is taken or given back (ADR 0010).
class hop_space : public forwarding_space {
 public:
  hop_space(const hop_space&) = delete;
  hop_space& operator=(const hop_space&) = delete;

 protected:
  hop_space(const space_table& rows, space& inner) noexcept : forwarding_space(rows, inner) {}
  ~hop_space() = default;

  /// Once, in the constructor of the filter, which owns the records; at least one.
  template <class Record>
  void stock(Record* records, unsigned count) noexcept {
    for (unsigned i = count; i-- > 0;) {
      records[i].beside_ = std::exchange(all_, &records[i]);
      put_back(records[i]);
    }
    spared_ = count / 4 + 1;
  }

  virtual void begin(hop& h) noexcept = 0;
  /// The result is in place, and whoever waits for it has not heard of it. `at_once`: it had ended
  /// when the inner space's `submit` returned. Under the mutex, so: no submitting, no waiting.
  virtual void end(hop& h, bool at_once) noexcept = 0;
  virtual void due(hop& h) noexcept { go_on(h); }
  /// An operation has come to `enter`; under the mutex.
  virtual void arrived(const operation&) noexcept {}
  /// It has not come further: it is cancelled while it waits. Under the mutex.
  virtual void left(const operation&) noexcept {}

  /// What becomes of an operation for which there is no record.
  enum class without_record : std::uint8_t {
    wait,  // stands in line
    pass   // `enter` gives false, and does nothing: for what ends only when somebody else acts. It
           // would keep the line waiting for as long, so it leaves some of the records to others.
  };
  bool enter(operation& op, without_record then, std::uint32_t note = 0) noexcept;
  /// `pass` for all kinds that may wait for somebody else, and for closing, else `wait`.
  static without_record fitting(op_kind kind) noexcept;

  void go_on(hop& h) noexcept;
  void let_go(hop& h) noexcept;
  void hold(hop& h, time_point_ns until) noexcept;

  /// To be called when a close comes, before it goes on: ends what waits here to do something on
  /// `id`.
  void end_waiting(handle_id id) noexcept;
  /// Ends the operation if it waits here, else asks the inner space to.
  void cancel_here_or_inside(operation& op) noexcept;
  /// This filter's link of the operation; null when it has none.
  hop_link* find(operation& op) noexcept;

  /// The table to start from: the rows forward, closing ends what waits here first.
  static constexpr space_table hop_rows(const char* name) noexcept {
    space_table t = forwarding_rows(name);
    t[op_kind::close] = [](space& s, operation& op) noexcept {
      auto& self = static_cast<hop_space&>(s);
      self.end_waiting(op.id);
      self.inner().submit(op);
    };
    t.cancel = [](space& s, operation& op) noexcept {
      static_cast<hop_space&>(s).cancel_here_or_inside(op);
    };
    return t;
  }

  /// Guards what is declared here, and whatever else a filter shares between threads.
  std::mutex& mutex() const noexcept { return mutex_; }
  /// Nobody is in line or held; under the mutex.
  bool nobody_waits() const noexcept { return line_.empty() && called_.empty() && held_.empty(); }

 private:
  struct entry;

  static void run_hop(job& j) noexcept;
  static void fire(timer& t) noexcept;
  void attach_link(hop_link& l, operation& op, hop_link::stage at, std::uint32_t note) noexcept;
  static operation& detach_link(hop_link& l) noexcept;
  void stand_in_line(operation& op, std::uint32_t note) noexcept;
  hop& take(const operation& by) noexcept;
  bool all_stand_still_for(const driver& waits) const noexcept;
  void put_back(hop& h) noexcept;
  void call(hop_link& l) noexcept;
  void call_off(hop_link& l) noexcept;
  void turn_of(hop_link& l) noexcept;
  void landed(hop& h, bool at_once) noexcept;

  mutable std::mutex mutex_;
  std::mutex starting_;  // held while one that waited is handed on: a close looks after that
  hop* all_ = nullptr;
  hop_link* free_ = nullptr;
  unsigned free_count_ = 0;
  unsigned spared_ = 0;  // records that `pass` leaves to others
  hop_list line_;        // wait for a record
  hop_list called_;      // waited, and their loops have been told
  hop_list held_;        // wait for a time
};

}  // namespace sluice::inline v0

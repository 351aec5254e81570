#include "sluice/space/hop.hpp"

#include <new>

#include "loop/current.hpp"

namespace sluice::inline v0 {

/// Of one that stands in line: its scratch is ours until the inner space has it.
struct hop_space::entry : hop_link {
  hop* granted = nullptr;

  static entry& in(operation& op) noexcept { return *::new (static_cast<void*>(op.scratch)) entry; }
};

hop_space::without_record hop_space::fitting(op_kind kind) noexcept {
  using enum op_kind;
  switch (kind) {
    case close:  // may be what those that have all the records wait for
    case sleep:
    case lock:
    case read:
    case write:
    case readv:
    case writev:
    case wait_signal:
    case wait_child:
    case resolve:
    case connect:
    case accept:
    case accept_many:
    case receive_many:
    case send_zc:
    case send_file:
    case splice_in:
    case splice_out:
    case send_message:
    case receive_message:
      return without_record::pass;
    default:
      return without_record::wait;
  }
}

bool hop_space::enter(operation& op, without_record then, std::uint32_t note) noexcept {
  static_assert(sizeof(entry) <= sizeof(operation::scratch));
  hop* h = nullptr;
  bool nobody_gives_back = false;
  {
    const std::lock_guard lock(mutex_);
    if (then == without_record::pass) {
      // A close holds nobody up: what it waits for, it ends.
      if (free_count_ <= (op.kind == op_kind::close ? 0 : spared_)) return false;
    } else if (free_ == nullptr || !line_.empty() || !called_.empty()) [[unlikely]] {
      nobody_gives_back = free_ == nullptr && all_stand_still_for(*op.home);
      if (!nobody_gives_back) {
        arrived(op);
        stand_in_line(op, note);
        return true;
      }
    }
    if (!nobody_gives_back) {
      arrived(op);
      h = &take(op);
    }
  }
  if (nobody_gives_back) [[unlikely]] {
    op.fail(errc::would_deadlock);
    return true;
  }
  attach_link(*h, op, hop_link::stage::inside, note);
  begin(*h);
  return true;
}

void hop_space::attach_link(hop_link& l, operation& op, hop_link::stage at,
                            std::uint32_t note) noexcept {
  l.op = &op;
  l.run = op.run;
  l.waiter = op.waiter;
  l.filter = this;
  l.at = at;
  l.called = false;
  l.cancelled = false;
  l.note = note;
  op.run = run_hop;
  op.waiter = &l;
}

operation& hop_space::detach_link(hop_link& l) noexcept {
  operation& op = *l.op;
  op.run = l.run;
  op.waiter = l.waiter;
  return op;
}

void hop_space::stand_in_line(operation& op, std::uint32_t note) noexcept {
  entry& e = entry::in(op);
  attach_link(e, op, hop_link::stage::in_line, note);
  op.home->keep(1);
  bool before_all =
      false;  // a record that came to one which stands still for this one would stay there
  line_.for_each([&](const hop_link& l) {
    before_all = before_all || stands_still_for(*op.home, *l.op->home);
  });
  before_all ? line_.push_front(e) : line_.push(e);
  if (free_ == nullptr) return;
  e.granted = &take(op);  // there is one, but others are before it
  call(e);
}

hop& hop_space::take(const operation& by) noexcept {
  hop& taken = static_cast<hop&>(*free_);
  free_ = taken.next;
  --free_count_;
  taken.taken_by_ = by.home;
  return taken;
}

/// Those who have records, when there is none left.
bool hop_space::all_stand_still_for(const driver& waits) const noexcept {
  for (const hop* h = all_; h != nullptr; h = h->beside_) {
    if (!stands_still_for(waits, *h->taken_by_)) return false;
  }
  return true;
}

/// Who waits longest gets it.
void hop_space::put_back(hop& h) noexcept {
  if (line_.empty()) {
    h.next = free_;
    free_ = &h;
    ++free_count_;
    return;
  }
  hop_link& first = line_.front();
  static_cast<entry&>(first).granted = &h;
  h.taken_by_ = first.op->home;
  call(first);
}

/// The operation itself is the message: nobody else has it.
void hop_space::call(hop_link& l) noexcept {
  hop_list::remove(l);
  called_.push(l);
  l.called = true;
  l.op->home->post(*l.op);
}

void hop_space::call_off(hop_link& l) noexcept {
  l.cancelled = true;
  if (!l.called) call(l);
}

/// An operation that we hold, or that the inner space has completed, is run by its driver.
void hop_space::run_hop(job& j) noexcept {
  auto& op = static_cast<operation&>(j);
  hop_link& l = *static_cast<hop_link*>(op.waiter);
  if (l.at != hop_link::stage::inside) return l.filter->turn_of(l);
  l.filter->landed(static_cast<hop&>(l), false);
  if (op.run != nullptr) return op.run(op);
  op.home->resume_next(std::coroutine_handle<>::from_address(op.waiter));
}

/// One that waited has been called: it has a record, or is not to go on, or both.
void hop_space::turn_of(hop_link& l) noexcept {
  const std::lock_guard until_handed_on(starting_);
  hop* record;
  if (l.at == hop_link::stage::held) {
    record = &static_cast<hop&>(l);
    l.op->home->timers().disarm(*record);
  } else {
    record = static_cast<entry&>(l).granted;
  }
  operation& op = detach_link(l);
  const std::uint32_t note = l.note;
  bool cancelled;
  {
    const std::lock_guard lock(mutex_);
    cancelled = l.cancelled;
    hop_list::remove(l);
    if (cancelled) left(op);
    if (cancelled && record != nullptr) put_back(*record);
  }
  op.home->keep(-1);
  if (cancelled) return op.fail(errc::canceled);
  attach_link(*record, op, hop_link::stage::inside, note);
  begin(*record);
}

void hop_space::landed(hop& h, bool at_once) noexcept {
  detach_link(h);
  const std::lock_guard lock(mutex_);
  end(h, at_once);
  put_back(h);
}

void hop_space::go_on(hop& h) noexcept {
  operation& op = *h.op;
  inner().submit(op);
  // Should it have ended, its driver has not run it yet: this is the driver's thread.
  if (op.state == op_state::finished) landed(h, true);
}

void hop_space::let_go(hop& h) noexcept {
  operation& op = detach_link(h);
  {
    const std::lock_guard lock(mutex_);
    put_back(h);
  }
  inner().submit(op);
}

void hop_space::hold(hop& h, time_point_ns until) noexcept {
  h.when = until;
  h.timer::fire = fire;
  h.at = hop_link::stage::held;
  driver& home = *h.op->home;
  home.keep(1);
  {
    const std::lock_guard lock(mutex_);
    held_.push(h);
  }
  home.timers().arm(h);
}

void hop_space::fire(timer& t) noexcept {
  hop& h = static_cast<hop&>(t);
  hop_space& self = *h.filter;
  const std::lock_guard until_handed_on(self.starting_);
  {
    const std::lock_guard lock(self.mutex_);
    if (h.called) return;  // its end is on its way
    hop_list::remove(h);
  }
  h.at = hop_link::stage::inside;
  h.op->home->keep(-1);
  self.due(h);
}

void hop_space::end_waiting(handle_id id) noexcept {
  {
    const std::lock_guard lock(mutex_);
    for (hop_list* list : {&line_, &called_, &held_}) {
      list->for_each([this, id](hop_link& l) {
        if (l.op->id == id) call_off(l);
      });
    }
  }
  const std::lock_guard nobody_is_between_us_and_the_inner_space(starting_);
}

hop_link* hop_space::find(operation& op) noexcept {
  void (*run)(job&) noexcept = op.run;
  void* waiter = op.waiter;
  while (run == run_hop) {
    auto* l = static_cast<hop_link*>(waiter);
    if (l->filter == this) return l;
    run = l->run;
    waiter = l->waiter;
  }
  return nullptr;
}

void hop_space::cancel_here_or_inside(operation& op) noexcept {
  hop_link* l = find(op);
  if (l == nullptr || l->at == hop_link::stage::inside) return inner().cancel(op);
  const std::lock_guard lock(mutex_);
  call_off(*l);
}

}  // namespace sluice::inline v0

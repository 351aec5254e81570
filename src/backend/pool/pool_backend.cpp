#include "backend/pool/pool_backend.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "ops/calls.hpp"

namespace sluice::inline v0 {

pool_backend::pool_backend(loop& owner, const loop_options& options, std::string why)
    : native_backend(owner, options), why_(std::move(why)) {
  if (!can_wait()) {
    throw std::system_error(errno, std::generic_category(), "sluice: cannot wait for events");
  }
}

pool_backend::pool_backend(loop& owner, const loop_options& options, successor next)
    : native_backend(owner, options),
      next_(next),
      ring_entries_(options.ring_entries),
      why_("plain calls: nothing has had to wait yet") {
  may_be_outgrown_ = true;
}

/// Before the first wait makes what is waited on; a program of plain calls has no use for it. False
/// when there are no descriptors.
bool pool_backend::can_wait() noexcept {
  if (event_.get() >= 0) return true;
  unique_fd poll(::epoll_create1(EPOLL_CLOEXEC));
  unique_fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event wanted{EPOLLIN, {.fd = event.get()}};
  if (poll.get() < 0 || event.get() < 0 ||
      ::epoll_ctl(poll.get(), EPOLL_CTL_ADD, event.get(), &wanted) < 0) {
    return false;
  }
  poll_ = std::move(poll);
  event_ = std::move(event);
  wakes_.store(event_.get());
  if (woken_before_.exchange(false)) wake();
  return true;
}

native_backend& pool_backend::outgrow() noexcept {
  may_be_outgrown_ = false;
  try {
    if (auto better = next_(*this, ring_entries_, why_)) {
      poll_ = unique_fd();
      return give_way_to(std::move(better));
    }
  } catch (...) {  // no memory; the reason must not need any
    why_.clear();
  }
  return *this;
}

/// For epoll, rounded up: waking early would only mean coming back.
int pool_backend::milliseconds_until(time_point_ns when) noexcept {
  if (when == never) return -1;
  if (when == 0) return 0;
  const time_point_ns left = when - now();
  if (left <= 0) return 0;
  return static_cast<int>(std::min<time_point_ns>((left + 999'999) / 1'000'000, 1 << 30));
}

/// Hands over what was gathered, and waits; how many events there are.
int pool_backend::wait(std::span<epoll_event> events, time_point_ns until) noexcept {
  const in_kernel here(*this);
  hand_over();
  if (until != 0) may_have_waited_ = true;
  if (!can_wait()) return wait_blindly(until);
  // The kernel interrupts the thread for work of its own, too, of a ring that is being taken down, say.
  int n;
  do {
    ++counts_.kernel_entries;
    n = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()),
                     milliseconds_until(until));
  } while (n < 0 && errno == EINTR && until != 0);
  return n;
}

void pool_backend::turn(time_point_ns until) noexcept {
  if (may_be_outgrown_) {
    // Released handles are closed by the ring, if there is one.
    native_backend& better = released_ >= 0 ? outgrow() : *this;
    if (&better != this) return better.turn(until);
    if (until == 0) return;  // nothing is under way that an event could be about
  }
  epoll_event events[64];
  const int n = wait(events, until);
  for (int i = 0; i < n; ++i) {
    if (events[i].data.fd == event_.get()) {
      std::uint64_t count;
      [[maybe_unused]] const auto read = ::read(event_.get(), &count, sizeof count);
      ++counts_.wakeups;
    } else {
      ready(events[i].data.fd);
    }
  }
}

/// Without descriptors for anything better: looks again every millisecond. No events.
int pool_backend::wait_blindly(time_point_ns until) noexcept {
  const int left = milliseconds_until(until);
  if (left != 0 && !woken_before_.exchange(false)) ::poll(nullptr, 0, 1);
  return 0;
}

void pool_backend::wake() noexcept {
  int event = wakes_.load();
  if (event < 0) {
    // Either we see the event that is being made, or who makes it sees this.
    woken_before_.store(true);
    event = wakes_.load();
    if (event < 0) return;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
}

int pool_backend::native_handle() noexcept { return can_wait() ? poll_.get() : -1; }

/// Watches a descriptor for what the first of its lines need, once; false when it is of a kind that is
/// always ready. Nothing waits on it any more: stops watching.
bool pool_backend::watch(int descriptor) noexcept {
  if (!can_wait()) return false;
  const stream_lines& lines = *lines_.of(descriptor);
  std::uint32_t events = 0;
  if (lines.in.first != nullptr) events |= EPOLLIN;
  if (lines.out.first != nullptr) events |= EPOLLOUT;
  epoll_event wanted{events | EPOLLONESHOT, {.fd = descriptor}};
  if (events == 0) {
    ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, descriptor, &wanted);
    return true;
  }
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, descriptor, &wanted) == 0) return true;
  return ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, descriptor, &wanted) == 0;
}

void pool_backend::await_readiness(native_slot& s, bool fresh) noexcept {
  // A connection has to be asked for before there is anything to wait for.
  const bool begins = s.op->kind == op_kind::connect;
  s.at = native_slot::stage::awaiting_readiness;
  if (going_) return;
  if (begins && fresh && go(s)) return;
  if (watch(system_id::descriptor(s.op->id))) return;
  send_to_pool(s);  // a regular file, say
}

/// Makes the call, now that it need not wait. False: it would have to.
bool pool_backend::go(native_slot& s) noexcept {
  const auto doing = s.row->attempt != nullptr ? s.row->attempt : s.row->perform;
  ++counts_.kinds[static_cast<std::size_t>(s.op->kind)].calls;
  const std::int64_t result = doing(*s.op);
  if (result == -EAGAIN) return false;
  if (result == needs_a_thread) {
    send_to_pool(s);
  } else if (s.row->goes_on == nullptr || !s.row->goes_on(*s.op, result)) {
    finished(s, result);
  }
  return true;
}

/// Does what waits for the descriptor, in order, as far as that goes without blocking.
void pool_backend::ready(int descriptor) noexcept {
  stream_lines& lines = *lines_.of(descriptor);
  going_ = true;
  for (stream_line* line : {&lines.in, &lines.out}) {
    while (native_slot* s = line->first) {
      pollfd p{descriptor, s->row->readiness, 0};
      if (s->at == native_slot::stage::in_pool || ::poll(&p, 1, 0) <= 0 || !go(*s)) break;
    }
  }
  going_ = false;
  watch(descriptor);
}

void pool_backend::cancel_held(native_slot& s) noexcept {
  finished(s, -ECANCELED);
  watch(system_id::descriptor(s.op->id));
}

std::string pool_backend::report() const {
  if (may_be_outgrown_) return why_;
  return why_.empty() ? "pool: no memory for a ring" : "pool: " + why_;
}

}  // namespace sluice::inline v0

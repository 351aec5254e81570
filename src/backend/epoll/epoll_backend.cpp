#include "backend/epoll/epoll_backend.hpp"

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "ops/socket.hpp"

namespace sluice::inline v0 {

namespace {

constexpr unsigned events_per_turn = 256;
constexpr unsigned attempts_per_turn = 64;

/// A receive that is shorter than was asked for means: that was all. Not so from a Unix socket, where
/// handles that were passed end a message, nor from a pipe in packet mode.
bool is_plain_bytes(int fd) noexcept {
  int protocol = 0;
  socklen_t size = sizeof protocol;
  return ::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
         protocol == IPPROTO_TCP;
}

bool is_ready(int fd, short events) noexcept {
  pollfd p{fd, events, 0};
  return ::poll(&p, 1, 0) > 0;
}

}  // namespace

bool epoll_backend::descriptors::make() noexcept {
  poll = unique_fd(::epoll_create1(EPOLL_CLOEXEC));
  event = unique_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (poll.get() < 0 || event.get() < 0) return false;
  // Each write is an event of its own: nobody needs to read it.
  epoll_event wanted{EPOLLIN | EPOLLET, {.fd = event.get()}};
  return ::epoll_ctl(poll.get(), EPOLL_CTL_ADD, event.get(), &wanted) == 0;
}

epoll_backend::epoll_backend(loop& owner, const loop_options& options, descriptors d,
                             std::string why)
    : native_backend(owner, options), on_(std::move(d)), why_(std::move(why)) {
  take_carriers();
}

epoll_backend::epoll_backend(native_backend& before, descriptors d, std::string why)
    : native_backend(before), on_(std::move(d)), why_(std::move(why)) {
  take_carriers();
}

void epoll_backend::take_carriers() noexcept {
  for (std::size_t k = 0; k < native_kinds; ++k) {
    const native_row* row = row_for(static_cast<op_kind>(k));
    const bool at_once = row != nullptr && row->route == routing::readiness &&
                         row->begin == nullptr && row->attempt != nullptr;
    if (at_once) carriers_[k] = carry;
  }
}

/// The short way: nobody stands before it, and the socket is not known to make it wait.
void epoll_backend::carry(backend& b, operation& op) noexcept {
  auto& self = static_cast<epoll_backend&>(b);
  const native_row& row = *row_for(op.kind);
  if (self.may_attempt() && is_socket(op)) {
    stream_lines* lines = self.lines_for(op.id);
    if (lines != nullptr && line_in(*lines, row).first == nullptr &&
        (lines->state & waits(row)) == 0) {
      const std::int64_t result = self.attempt(op, row, *lines);
      const bool ended = result != -EAGAIN && (row.goes_on == nullptr || !row.goes_on(op, result));
      if (ended) {
        row.finish(op, result);
        return op.complete();
      }
    }
  }
  self.route(op, row);
}

/// A call that can't block. What it tells of the stream is kept.
std::int64_t epoll_backend::attempt(operation& op, const native_row& row,
                                    stream_lines& lines) noexcept {
  if ((lines.state & nonblocking) == 0 && is_accept(op)) {
    make_nonblocking(fd_of(op));
    lines.state |= nonblocking;
  }
  ++counts_.kinds[static_cast<std::size_t>(op.kind)].calls;
  const bool trusted = (lines.state & short_is_all) != 0;
  const std::size_t wanted = trusted && row.wanted != nullptr ? row.wanted(op) : 0;
  std::int64_t n;
  do {
    n = row.attempt != nullptr ? row.attempt(op) : row.perform(op);
  } while (n == came_short && !trusted);
  if (n == came_short) n = -EAGAIN;
  if (n == -EAGAIN || (n > 0 && static_cast<std::size_t>(n) < wanted)) lines.state |= waits(row);
  return n;
}

/// Nothing may end here unless it is fresh.
void epoll_backend::await_readiness(native_slot& s, bool fresh) noexcept {
  if (fresh && may_attempt()) {
    go(s);
  } else {
    s.at = native_slot::stage::queued;
    due_.push(s);
  }
}

/// Whether a call can be made that does not block; else it waits for an event, or goes to a thread.
bool epoll_backend::may_go(native_slot& s, stream_lines& lines) noexcept {
  if (!is_socket(*s.op)) {
    if ((lines.state & never_waits) != 0 || ((lines.state & registered) == 0 && !watch(s, lines))) {
      send_to_pool(s);
      return false;
    }
  }
  bool ready = (lines.state & waits(*s.row)) == 0;
  // A descriptor that is not to be made non-blocking, because others share it, is asked each time; a
  // connection too, for it would take any event for its own.
  const bool again = s.at == native_slot::stage::awaiting_readiness;
  if (ready && (!is_socket(*s.op) || (again && s.op->kind == op_kind::connect))) {
    ready = is_ready(fd_of(*s.op), s.row->readiness);
    if (!ready) lines.state |= waits(*s.row);
  }
  if (!ready) await_event(s, lines);
  return ready;
}

/// Carries out the first of a line as far as that is possible now; true when somebody may go on.
bool epoll_backend::go(native_slot& s) noexcept {
  stream_lines& lines = lines_of(s);
  if (!may_go(s, lines)) return false;
  const std::int64_t result = attempt(*s.op, *s.row, lines);
  if (result == -EAGAIN) {
    await_event(s, lines);
    // Items may have come before there was an end: whoever takes them must not be slept over.
    return s.op->kind == op_kind::accept_many || s.op->kind == op_kind::receive_many;
  }
  if (result == needs_a_thread) {
    send_to_pool(s);
  } else if (s.row->goes_on != nullptr && s.row->goes_on(*s.op, result)) {
    s.at = native_slot::stage::queued;  // others have their turn before
    due_.push(s);
  } else {
    finished(s, result);
    return true;
  }
  return false;
}

void epoll_backend::await_event(native_slot& s, stream_lines& lines) noexcept {
  s.at = native_slot::stage::awaiting_readiness;
  if (!watch(s, lines)) send_to_pool(s);
}

/// Sees to it that an event tells when there is no need to wait any longer, now included. False: that
/// can't be had.
bool epoll_backend::watch(const native_slot& s, stream_lines& lines) noexcept {
  const int fd = fd_of(*s.op);
  const bool out = s.row->readiness == POLLOUT;
  const std::uint8_t enough = out ? registered | tells_of_room : registered;
  // What was only lent may have been closed, and its number given to something else.
  const bool ours = (s.op->id & system_id::borrowed) == 0;
  if (ours && (lines.state & enough) == enough) return true;
  const bool known = (lines.state & registered) != 0;
  const bool plain = !known && is_socket(*s.op) && is_plain_bytes(fd);
  // Where room is told of again and again although there always was some, only if somebody asks.
  const bool room = out || plain || (lines.state & tells_of_room) != 0;
  epoll_event wanted{EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET, {.fd = fd}};
  if (room) wanted.events |= EPOLLOUT;
  int done = ::epoll_ctl(on_.poll.get(), known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &wanted);
  if (done < 0 && (errno == EEXIST || errno == ENOENT)) {
    done = ::epoll_ctl(on_.poll.get(), known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &wanted);
  }
  if (done < 0) {
    if (errno == EPERM) lines.state |= never_waits;
    return false;
  }
  lines.state |= registered;
  if (room) lines.state |= tells_of_room;
  if (plain) lines.state |= short_is_all;
  return true;
}

void epoll_backend::cancel_held(native_slot& s) noexcept {
  if (s.at == native_slot::stage::queued) due_.remove(s);
  finished(s, -ECANCELED);
}

/// Whoever has moved up in a line, or has more to do; true when something has ended, or more is to be
/// done.
bool epoll_backend::take_turns() noexcept {
  bool ended = false;
  for (unsigned n = 0; n < attempts_per_turn; ++n) {
    job* j = due_.pop();
    if (j == nullptr) return ended;
    ended |= go(*static_cast<native_slot*>(j));
  }
  return true;
}

void epoll_backend::turn(time_point_ns until) noexcept {
  if (take_turns()) until = 0;
  epoll_event events[events_per_turn];
  const int n = wait(events, until);
  for (int i = 0; i < n; ++i)
    take(events[i]);
  if (!shown_) return;
  hand_over();  // somebody else's loop only comes back when it is told
  if (!due_.empty()) wake();
}

/// Hands over what was gathered, and waits; how many events there are.
int epoll_backend::wait(std::span<epoll_event> into, time_point_ns until) noexcept {
  hand_over();
  // What posts have to say is heard without the kernel.
  if (until == 0 && idle() && !shown_) return 0;
  const int fd = on_.poll.get();
  const int size = static_cast<int>(into.size());
  // The kernel interrupts the thread for work of its own, too.
  int n;
  do {
    const bool limited = until != 0 && until != never;
    const timespec left = limited ? left_until(until) : timespec{};
    ++counts_.kernel_entries;
    if (limited && to_the_nanosecond_) {
      n = ::epoll_pwait2(fd, into.data(), size, &left, nullptr);
      if (n >= 0 || errno == EINTR) continue;
      to_the_nanosecond_ = false;
    }
    // Rounded up: waking early would only mean coming back. Two weeks are as good as more.
    const auto seconds = std::min<std::int64_t>(left.tv_sec, 14 * 86'400);
    const int rounded = static_cast<int>(seconds * 1000 + (left.tv_nsec + 999'999) / 1'000'000);
    n = ::epoll_wait(fd, into.data(), size, until == never ? -1 : rounded);
  } while (n < 0 && errno == EINTR && until != 0);
  return n;
}

/// An event is a hint, and may be about something that had the number before: what can be done is
/// found out by doing it.
void epoll_backend::take(const epoll_event& e) noexcept {
  if (e.data.fd == on_.event.get()) {
    ++counts_.wakeups;
    return;
  }
  stream_lines& lines = *lines_.find(e.data.fd);
  constexpr std::uint32_t broken = EPOLLHUP | EPOLLERR;
  unsigned state = lines.state;
  if ((e.events & (EPOLLIN | EPOLLRDHUP | EPOLLPRI | broken)) != 0) state &= ~unsigned{in_waits};
  if ((e.events & (EPOLLOUT | broken)) != 0) state &= ~unsigned{out_waits};
  // The end, an error or an urgent byte come after a short answer without another event.
  if ((e.events & (EPOLLRDHUP | EPOLLPRI | broken)) != 0) state &= ~unsigned{short_is_all};
  lines.state = static_cast<std::uint8_t>(state);
  for (native_slot* s : {lines.in.first, lines.out.first}) {
    if (s == nullptr || s->at != native_slot::stage::awaiting_readiness) continue;
    if ((lines.state & waits(*s->row)) == 0) go(*s);
  }
}

void epoll_backend::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(on_.event.get(), &one, sizeof one);
}

int epoll_backend::native_handle() noexcept {
  shown_ = true;
  return on_.poll.get();
}

std::string epoll_backend::report() const { return "epoll: " + why_; }

}  // namespace sluice::inline v0

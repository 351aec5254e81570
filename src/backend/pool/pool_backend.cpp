#include "backend/pool/pool_backend.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "ops/socket.hpp"

namespace sluice::inline v0 {

namespace {

/// Says poll; which means that a call waits for a disk.
bool is_always_ready(int fd) noexcept {
  struct stat found;
  return ::fstat(fd, &found) == 0 && (S_ISREG(found.st_mode) || S_ISBLK(found.st_mode));
}

}  // namespace

pool_backend::pool_backend(loop& owner, const loop_options& options, std::string why)
    : native_backend(owner, options), why_(std::move(why)), asked_{{-1, POLLIN, 0}} {
  if (!can_be_woken()) {
    throw std::system_error(errno, std::generic_category(), "sluice: cannot make an eventfd");
  }
}

pool_backend::pool_backend(loop& owner, const loop_options& options, successor next)
    : native_backend(owner, options),
      next_(next),
      ring_entries_(options.ring_entries),
      why_("plain calls: nothing has had to wait yet"),
      asked_{{-1, POLLIN, 0}} {
  may_be_outgrown_ = true;
}

/// Before the first wait makes what others wake it by; a program of plain calls has no use for it.
/// False when there are no descriptors.
bool pool_backend::can_be_woken() noexcept {
  if (event_.get() >= 0) return true;
  unique_fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (event.get() < 0) return false;
  event_ = std::move(event);
  asked_[0].fd = event_.get();
  wakes_.store(event_.get());
  if (woken_before_.exchange(false)) wake();
  return true;
}

native_backend& pool_backend::outgrow() noexcept {
  may_be_outgrown_ = false;
  try {
    if (auto better = next_(*this, ring_entries_, why_)) {
      return give_way_to(std::move(better));
    }
  } catch (...) {  // no memory; the reason must not need any
    why_.clear();
  }
  return *this;
}

void pool_backend::turn(time_point_ns until) noexcept {
  if (may_be_outgrown_) {
    // Released handles are closed by the ring, if there is one.
    native_backend& better = released_ >= 0 ? outgrow() : *this;
    if (&better != this) return better.turn(until);
    if (until == 0) return;  // nothing is under way that an event could be about
  }
  if (wait(until) <= 0) return;
  if (asked_[0].revents != 0) {
    std::uint64_t count;
    [[maybe_unused]] const auto read = ::read(event_.get(), &count, sizeof count);
    ++counts_.wakeups;
  }
  for (std::size_t i = 1; i < asked_.size(); ++i) {
    if (asked_[i].revents != 0) take(asked_[i]);
  }
}

void pool_backend::take(const pollfd& told) noexcept {
  constexpr int broken = POLLERR | POLLHUP | POLLNVAL;
  stream_lines& lines = *lines_.find(told.fd);
  for (const stream_line* line : {&lines.in, &lines.out}) {
    if (awaited(*line) != 0 && (told.revents & (awaited(*line) | broken)) != 0) go(*line->first);
  }
}

/// What the first of a line waits for; 0: nothing.
short pool_backend::awaited(const stream_line& line) noexcept {
  const bool waits =
      line.first != nullptr && line.first->at == native_slot::stage::awaiting_readiness;
  return waits ? line.first->row->readiness : short{0};
}

/// Makes the list of what is waited for: each descriptor once, for poll takes no more entries than
/// a process may have descriptors. False when it is not all of it.
bool pool_backend::gather() noexcept {
  asked_.resize(1);
  bool all = true;
  lines_.each([&](int descriptor, const stream_lines& lines) {
    const auto events = static_cast<short>(awaited(lines.in) | awaited(lines.out));
    if (events == 0) return;
    try {
      asked_.push_back({descriptor, events, 0});
    } catch (...) {
      all = false;
    }
  });
  return all;
}

/// Hands over what was gathered, and waits; how many of those asked about have something to tell.
int pool_backend::wait(time_point_ns until) noexcept {
  hand_over();
  const bool hears_all = gather() && can_be_woken();
  if (!hears_all && until != 0) {
    // Without memory or descriptors for anything better: looks again every millisecond.
    until = woken_before_.exchange(false) ? 0 : std::min(until, now() + 1'000'000);
  }
  // The kernel interrupts the thread for work of its own, too, of a ring that is being taken down,
  // say.
  int n;
  do {
    const timespec left = until == 0 || until == never ? timespec{} : left_until(until);
    ++counts_.kernel_entries;
    n = ::ppoll(asked_.data(), asked_.size(), until == never ? nullptr : &left, nullptr);
  } while (n < 0 && errno == EINTR && until != 0);
  return n;
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

void pool_backend::await_readiness(native_slot& s, bool fresh) noexcept {
  s.at = native_slot::stage::awaiting_readiness;
  // A connection has to be asked for before there is anything to wait for; nothing needs no
  // waiting.
  const bool begins =
      s.op->kind == op_kind::connect || (s.op->kind == op_kind::read && is_socket(*s.op) &&
                                         static_cast<ops::read&>(*s.op).buffer.empty());
  if (begins && fresh && go(s)) return;
  if (!is_socket(*s.op) && is_always_ready(fd_of(*s.op))) send_to_pool(s);
}

/// Makes the call, now that it need not wait. False: it would have to.
bool pool_backend::go(native_slot& s) noexcept {
  if (is_accept(*s.op)) make_nonblocking(fd_of(*s.op));
  const auto doing = s.row->attempt != nullptr ? s.row->attempt : s.row->perform;
  ++counts_.kinds[static_cast<std::size_t>(s.op->kind)].calls;
  const std::int64_t result = doing(*s.op);
  if (result == -EAGAIN || result == came_short) return false;
  if (result == needs_a_thread) {
    send_to_pool(s);
  } else if (s.row->goes_on == nullptr || !s.row->goes_on(*s.op, result)) {
    finished(s, result);
  }
  return true;
}

void pool_backend::cancel_held(native_slot& s) noexcept {
  finished(s, -ECANCELED);
}

std::string pool_backend::report() const {
  if (may_be_outgrown_) return why_;
  return why_.empty() ? "pool: no memory for a ring" : "pool: " + why_;
}

}  // namespace sluice::inline v0

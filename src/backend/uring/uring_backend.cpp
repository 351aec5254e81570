#include "backend/uring/uring_backend.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <system_error>
#include <vector>

#include "backend/uring/thread_sanitizer.hpp"
#include "ops/calls.hpp"
#include "ops/socket.hpp"
#include "sluice/fs/ops.hpp"

namespace sluice::inline v0 {

uring_backend::uring_backend(loop& owner, const loop_options& options, std::unique_ptr<ring> r)
    : native_backend(owner, options), ring_(std::move(r)), event_(make_event()) {
  if (event_.get() < 0) {
    throw std::system_error(errno, std::generic_category(), "sluice: cannot make an eventfd");
  }
  take_carriers();
}

uring_backend::uring_backend(native_backend& before, unique_fd event, std::unique_ptr<ring> r)
    : native_backend(before), ring_(std::move(r)), event_(std::move(event)) {
  take_carriers();
}

unique_fd uring_backend::make_event() noexcept { return unique_fd(::eventfd(0, EFD_CLOEXEC)); }

uring_backend::~uring_backend() {
  // Closes of released handles may still wait for their entry into the kernel.
  if (ring_->enabled && io_uring_sq_ready(&ring_->raw) > 0) io_uring_submit(&ring_->raw);
}

/// A submission entry for something that is not an operation, unless the queue is full.
io_uring_sqe* uring_backend::entry() noexcept {
  if (room_ == 0) {
    make_room();
    if (room_ == 0) return nullptr;
  }
  --room_;
  return &next_entry();
}

/// Looks up how many entries the kernel has taken: once in a turn, not at every operation.
void uring_backend::make_room() noexcept {
  constexpr unsigned early_batch = 4;
  room_ = io_uring_sq_space_left(&ring_->raw);
  if (early_ && room_ > early_batch) room_ = early_batch;
}

/// Tells the kernel of what was gathered, in the middle of a turn.
bool uring_backend::tell() noexcept {
  if (!early_) told_ += io_uring_sq_ready(&ring_->raw);
  ++counts_.kernel_entries;
  const in_kernel here(*this);
  return io_uring_submit(&ring_->raw) > 0;
}

bool uring_backend::in_pool(const native_row& row) const noexcept {
  return row.prepare == nullptr || !ring_->supports[row.opcode];
}

void uring_backend::overlap(native_slot& s) noexcept {
  if (in_pool(*s.row)) return send_to_pool(s);
  if (!backlog_.empty() || !put(s)) backlog_.push(s);
}

/// Several that wait for one stream are woken by the kernel in no order that is promised, so it is
/// told of one at a time. What has left others behind waits for the next turn: nothing may end here.
void uring_backend::await_readiness(native_slot& s, bool fresh) noexcept {
  const native_row& row = *s.row;
  if (fresh && take_parked(s)) return;
  const bool to_ring = row.prepare != nullptr && ring_->supports[row.opcode];
  if (!to_ring && row.attempt == nullptr) return send_to_pool(s);
  if (!to_ring || refuses_[static_cast<std::size_t>(s.op->kind)]) s.set(native_slot::by_calls);
  if (fresh && s.has(native_slot::by_calls)) return attempt(s);
  if (!fresh || !backlog_.empty() || !put(s)) backlog_.push(s);
}

void uring_backend::wait_by_poll(native_slot& s) noexcept {
  s.at = native_slot::stage::polled;
  backlog_.push(s);
}

/// A call that can't block, of what the ring does not do.
void uring_backend::attempt(native_slot& s) noexcept {
  ++counts_.kinds[static_cast<std::size_t>(s.op->kind)].calls;
  if (is_accept(*s.op)) make_nonblocking(fd_of(*s.op));
  std::int64_t result = s.row->attempt(*s.op);
  if (result == came_short) result = -EAGAIN;
  if (result == needs_a_thread) return send_to_pool(s);
  // Items may have come before there was an end.
  ended_ = result != -EAGAIN || s.op->kind == op_kind::accept_many ||
           s.op->kind == op_kind::receive_many || ended_;
  if (result == -EAGAIN) return wait_by_poll(s);
  finished(s, result);
}

/// An end, unless the operation wants more.
void uring_backend::answered(native_slot& s, std::int64_t result) noexcept {
  if (s.row->goes_on != nullptr && s.row->goes_on(*s.op, result)) {
    if (s.has(native_slot::cancel_wanted)) return finished(s, -ECANCELED);
    s.at = native_slot::stage::queued;
    return backlog_.push(s);
  }
  finished(s, result);
}

/// False: there is no room now. How many are in the ring has no limit: they may all be waiting for
/// one that is not, and completions for which there is no room are kept by the kernel (NODROP).
bool uring_backend::put(native_slot& s) noexcept {
  if (s.has(native_slot::by_calls) && s.at != native_slot::stage::polled) {
    attempt(s);
    return true;
  }
  io_uring_sqe* e = entry();
  if (e == nullptr) return false;
  if (s.at == native_slot::stage::polled) {
    s.set(native_slot::was_polled);
    io_uring_prep_poll_add(e, system_id::descriptor(s.op->id),
                           static_cast<unsigned>(s.row->readiness));
  } else if (!s.row->prepare(*s.op, *e)) {
    refused(s, *e);
    return true;
  } else if (provide(s, *e)) {
    const io_uring_sq& sq = ring_->raw.sq;
    if (clock_is_dear()) [[unlikely]] names_.move(*e, sq.sqes, sq.ring_entries);
    ++counts_.kinds[static_cast<std::size_t>(s.op->kind)].ring;
    if (is_crowded()) join_line(*e);
    s.at = native_slot::stage::in_ring;
  } else {
    io_uring_prep_nop(e);
    io_uring_sqe_set_data64(e, tag_ignored);
    make_by_calls(s);
    return true;
  }
  if (s.row->readiness != 0) unseen::streams.release();
  io_uring_sqe_set_data64(e, reinterpret_cast<std::uint64_t>(&s) | tag_operation);
  return true;
}

/// A receive that need not wait is carried out as the kernel is told of it, however many there are; of those
/// that had to wait, at most twenty in each entry. Where many end in each turn, who once had to wait would
/// hardly ever be served. So there all of them stand in the same line.
void uring_backend::join_line(io_uring_sqe& e) noexcept {
  const bool receives = e.opcode == IORING_OP_RECV || e.opcode == IORING_OP_RECVMSG;
  if (receives && ring_->defers_work) e.ioprio |= IORING_RECVSEND_POLL_FIRST;
}

/// The batch is full: tells the kernel of it. Where that is not to be had, the operation waits.
void uring_backend::put_into_next_batch(native_slot& s) noexcept {
  room_ = 0;
  s.at = native_slot::stage::queued;
  if (backlog_.empty() && ring_->enabled) tell();
  if (!backlog_.empty() || !put(s)) backlog_.push(s);
}

/// The entry is taken, and there is nothing to be done with these arguments.
void uring_backend::refused(native_slot& s, io_uring_sqe& e) noexcept {
  io_uring_prep_nop(&e);
  io_uring_sqe_set_data64(&e, tag_ignored);
  send_to_pool(s);
}

void uring_backend::cancel_held(native_slot& s) noexcept {
  if (backlog_.remove(s)) return finished(s, -ECANCELED);
  if (!s.has(native_slot::enough)) cancels_.push(s);  // else it has been asked already
}

/// Puts into the ring what has been waiting for room, and what this turn has to say. False: the
/// kernel takes no more at present, so there must be no waiting for what it was not told; or something
/// has ended meanwhile, and whoever waits for that must not wait for the kernel.
bool uring_backend::fill() noexcept {
  while (!fill_once()) {
    if (!tell()) return false;
  }
  if (!ended_) [[likely]] return true;
  ended_ = false;
  return false;
}

/// False: the queue is full.
bool uring_backend::fill_once() noexcept {
  if (!wake_armed_) {
    io_uring_sqe* e = entry();
    if (e == nullptr) return false;
    io_uring_prep_read(e, event_.get(), &event_count_, sizeof event_count_, 0);
    io_uring_sqe_set_data64(e, tag_wake);
    wake_armed_ = true;
  }
  while (job* j = cancels_.front()) {
    io_uring_sqe* e = entry();
    if (e == nullptr) return false;
    cancels_.pop();
    io_uring_prep_cancel64(e, reinterpret_cast<std::uint64_t>(static_cast<native_slot*>(j)), 0);
    io_uring_sqe_set_data64(e, tag_ignored);
  }
  while (job* j = backlog_.pop()) {
    auto& s = *static_cast<native_slot*>(j);
    if (take_parked(s) || put(s)) continue;
    backlog_.push_front(s);
    return false;
  }
  // All of them in each turn: what is opened meanwhile needs their descriptors.
  if (released_ >= 0) close_released();
  return released_ < 0;
}

void uring_backend::close_released() noexcept {
  if (!ring_->supports[IORING_OP_CLOSE]) return native_backend::close_released();
  while (released_ >= 0) {
    io_uring_sqe* e = entry();
    if (e == nullptr) return;
    const int fd = std::exchange(
        released_, system_id::release_link(released_).load(std::memory_order_relaxed));
    io_uring_prep_close(e, fd);
    io_uring_sqe_set_data64(e, tag_ignored);
  }
}

void uring_backend::turn(time_point_ns until) noexcept {
  if (!ring_->enabled) ring_->enable();
  if (notified_.get() >= 0) {
    // Before the kernel is asked: what happens after that makes it readable again.
    std::uint64_t count;
    [[maybe_unused]] const auto read = ::read(notified_.get(), &count, sizeof count);
  }
  {
    const in_kernel here(*this);
    hand_over();
    const bool all_told = fill();
    told_ += io_uring_sq_ready(&ring_->raw);
    enter(all_told ? until : 0);
  }
  const unsigned ended = reap();
  // More has ended than was begun just now: a device works on these. If each turn told it of many
  // operations at once, at its end, it would end them at once, and have nothing to do until the
  // next. What ends as it is submitted is best submitted all together.
  early_ = ended > told_;
  ended_in_turn_ = ended;
  told_ = 0;
  make_room();
  settle_drains();
}

/// The one kernel entry of a turn: submits, and waits if there is nothing else to do.
void uring_backend::enter(time_point_ns until) noexcept {
  io_uring& r = ring_->raw;
  const unsigned flags = __atomic_load_n(r.sq.kflags, __ATOMIC_RELAXED);
  const bool leftovers = (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
  if (until == 0) {
    if (io_uring_sq_ready(&r) == 0 && !leftovers) return;
    ++counts_.kernel_entries;
    io_uring_submit_and_get_events(&r);
    return;
  }
  if (io_uring_cq_ready(&r) > 0 && io_uring_sq_ready(&r) == 0 && !leftovers) return;
  ++counts_.kernel_entries;
  if (until == never) {
    io_uring_submit_and_wait(&r, 1);
    return;
  }
  const time_point_ns left = until - now();
  constexpr time_point_ns second = 1'000'000'000;
  __kernel_timespec limit{left > 0 ? left / second : 0, left > 0 ? left % second : 0};
  io_uring_cqe* first;
  io_uring_submit_and_wait_timeout(&r, &first, 1, &limit, nullptr);
}

/// What has been spent is shared evenly: which of them it was spent on, nobody can tell.
void uring_backend::share_out(unsigned among) noexcept {
  constexpr std::uint64_t timed_if_dear = 8;
  share_ = timing_ ? std::exchange(spent_, 0) / among : -1;
  timing_ = !clock_is_dear() || turns() % timed_if_dear == 0;
}

unsigned uring_backend::reap() noexcept {
  io_uring& r = ring_->raw;
  // Without CQE32, and reading the tail once: what arrives meanwhile is for the next turn.
  const io_uring_cqe* const entries = r.cq.cqes;
  const unsigned mask = r.cq.ring_mask;
  const unsigned first = *r.cq.khead;
  const unsigned last = io_uring_smp_load_acquire(r.cq.ktail);
  if (first != last) share_out(last - first);
  for (unsigned at = first; at != last; ++at) {
    const io_uring_cqe* c = &entries[at & mask];
    const std::uint64_t data = c->user_data;
    if ((data & tag_mask) == tag_operation) [[likely]] {
      auto& s = *reinterpret_cast<native_slot*>(data);
      if (s.row->readiness != 0) unseen::streams.acquire();
      if (c->res >= 0 && s.marks == 0) [[likely]] {
        finished_plainly(s, c->res);
      } else {
        take_item(s, *c);
      }
    } else if ((data & tag_mask) == tag_wake) {
      wake_armed_ = false;
      ++counts_.wakeups;
    } else if ((data & tag_mask) == tag_message) {
      ++counts_.wakeups;
    }
  }
  io_uring_cq_advance(&r, last - first);
  return last - first;
}

/// What the kernel says of an operation: its end, unless it should be asked again.
void uring_backend::take_specially(native_slot& s, int result) noexcept {
  if (s.has(native_slot::cancel_wanted)) cancels_.remove(s);
  if (s.has(native_slot::was_polled)) {
    s.clear(native_slot::was_polled);
    if (result >= 0) {
      if (s.has(native_slot::cancel_wanted)) return finished(s, -ECANCELED);
      s.at = native_slot::stage::queued;  // ready now: do it
      return backlog_.push(s);
    }
  }
  if (result == -EINTR || result == -EAGAIN) {
    if (s.has(native_slot::cancel_wanted)) return finished(s, -ECANCELED);
    // A non-blocking descriptor is not waited for by the kernel: ask when it is ready.
    const bool wait = result == -EAGAIN && s.row->readiness != 0;
    if (result == -EAGAIN && !wait) return send_to_pool(s);
    s.at = wait ? native_slot::stage::polled : native_slot::stage::queued;
    return backlog_.push(s);
  }
  answered(s, result);
}

void uring_backend::wake() noexcept {
  if (ring_->send_message(tag_message)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

/// Not the ring's own descriptor: with deferred task work, poll is not told of a completion that a
/// worker of the kernel has made (seen on 6.18).
int uring_backend::native_handle() noexcept {
  if (notified_.get() < 0) {
    unique_fd fresh(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (io_uring_register_eventfd(&ring_->raw, fresh.get()) != 0) return ring_->raw.ring_fd;
    notified_ = std::move(fresh);
  }
  return notified_.get();
}

std::string uring_backend::report() const {
  return "io_uring: " + ring_->flags;
}

bool uring_backend::register_buffers(std::span<const std::span<std::byte>> buffers) {
  std::vector<iovec> list;
  list.reserve(buffers.size());
  for (const auto& b : buffers)
    list.push_back({b.data(), b.size()});
  buffers_registered_ =
      io_uring_register_buffers(&ring_->raw, list.data(), static_cast<unsigned>(list.size())) == 0;
  return buffers_registered_;
}

void uring_backend::unregister_buffers() noexcept {
  if (std::exchange(buffers_registered_, false)) io_uring_unregister_buffers(&ring_->raw);
}

}  // namespace sluice::inline v0

// Requests that the kernel answers more than once: connections, what is received, sends without
// copying.
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <new>

#include "backend/uring/uring_backend.hpp"
#include "ops/socket.hpp"

namespace sluice::inline v0 {

namespace {

// Newer than the headers.
constexpr unsigned feature_of_6_14 = 1u << 16;  // attributes of reads and writes
constexpr std::uint16_t consumed_bit_by_bit = 2;

template <class Registration>
void ask_to_fill_up(Registration& r) noexcept {
  if constexpr (requires { r.flags; }) {
    r.flags = consumed_bit_by_bit;
  } else {
    r.pad = consumed_bit_by_bit;
  }
}

/// Linux 6.12 and 6.13 know this, too, but had faults in it that were mended later.
bool fills_buffers_up(const io_uring& ring) noexcept {
  return (ring.features & feature_of_6_14) != 0;
}

/// A pool's buffers, in a ring from which the kernel picks.
class provided_buffers final : public buffer_pool::provider {
 public:
  /// Null where it can't be had.
  static std::unique_ptr<provided_buffers> make(io_uring& ring, const buffer_pool& pool,
                                                group_numbers& groups) noexcept {
    const int group = groups.take();
    if (group < 0) return nullptr;
    std::unique_ptr<provided_buffers> p(new (std::nothrow) provided_buffers(
        ring, pool, groups, static_cast<std::uint16_t>(group)));
    if (p == nullptr) {
      groups.give_back(static_cast<std::uint16_t>(group));
      return p;
    }
    const std::size_t bytes = p->entries_ * sizeof(io_uring_buf);
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (at == MAP_FAILED) return nullptr;
    p->buffers_ = static_cast<io_uring_buf_ring*>(at);
    io_uring_buf_reg wanted{};
    wanted.ring_addr = reinterpret_cast<std::uint64_t>(at);
    wanted.ring_entries = p->entries_;
    wanted.bgid = p->group_;
    if (p->fills_up) ask_to_fill_up(wanted);
    p->registered_ = io_uring_register_buf_ring(&ring, &wanted, 0) == 0;
    if (!p->registered_) return nullptr;
    io_uring_buf_ring_init(p->buffers_);
    return p;
  }
  ~provided_buffers() override {
    if (registered_) io_uring_unregister_buf_ring(&ring_, group_);
    groups_.give_back(group_);
    if (buffers_ != nullptr) ::munmap(buffers_, entries_ * sizeof(io_uring_buf));
  }

  void provide(pool_block& free) noexcept override {
    io_uring_buf_ring_add(buffers_, free.data + free.filled, size_ - free.filled, free.index,
                          io_uring_buf_ring_mask(entries_), 0);
    io_uring_buf_ring_advance(buffers_, 1);
  }
  std::uint16_t group() const noexcept { return group_; }

 private:
  provided_buffers(io_uring& ring, const buffer_pool& pool, group_numbers& groups,
                   std::uint16_t group) noexcept
      : provider(pool.limits().shared && fills_buffers_up(ring)),
        ring_(ring),
        groups_(groups),
        entries_(std::bit_ceil(pool.limits().most)),
        size_(static_cast<unsigned>(pool.buffer_size())),
        group_(group) {}

  io_uring& ring_;
  group_numbers& groups_;
  io_uring_buf_ring* buffers_ = nullptr;
  unsigned entries_;
  unsigned size_;
  std::uint16_t group_;
  bool registered_ = false;
};

}  // namespace

/// Says from which buffers the kernel is to pick. False: there is no such thing here.
bool uring_backend::provide(native_slot& s, io_uring_sqe& e) noexcept {
  if (s.op->kind != op_kind::receive_many) return true;
  buffer_pool& pool = *static_cast<ops::receive_many&>(*s.op).pool;
  if (pool.provided() == nullptr) {
    auto fresh = provided_buffers::make(ring_->raw, pool, groups_);
    if (fresh == nullptr) return false;
    pool.provide_to(std::move(fresh));
  }
  s.result = 0;
  e.buf_group = static_cast<provided_buffers*>(pool.provided())->group();
  return true;
}

void uring_backend::take_item(native_slot& s, const io_uring_cqe& c) noexcept {
  const bool more = (c.flags & IORING_CQE_F_MORE) != 0;
  if (!more && s.has(native_slot::enough)) cancels_.remove(s);
  if (!s.has(native_slot::was_polled)) {
    switch (s.op->kind) {
      case op_kind::accept_many: return take_connection(s, c.res, more);
      case op_kind::receive_many: return take_received(s, c);
      case op_kind::send_zc: return take_sent(s, c);
      default: break;
    }
  }
  take_specially(s, c.res);
}

/// The kernel does not take this request: calls are made in its stead, whenever the descriptor is
/// ready. Where a call does what the request did not, the next ones need not be tried.
void uring_backend::make_by_calls(native_slot& s) noexcept {
  if (s.has(native_slot::cancel_wanted)) {
    cancels_.remove(s);
    return finished(s, -ECANCELED);
  }
  s.set(native_slot::by_calls);
  if (is_accept(*s.op)) make_nonblocking(fd_of(*s.op));
  if (s.op->kind == op_kind::receive_many) {
    static_cast<ops::receive_many&>(*s.op).pool->provide_to(nullptr);
  }
  std::int64_t result = s.row->attempt(*s.op);
  if (result == came_short) result = -EAGAIN;
  // Without copying only some kinds of sockets send.
  if (result != -EINVAL && s.op->kind != op_kind::send_zc) {
    refuses_[static_cast<std::size_t>(s.op->kind)] = true;
  }
  ended_ = true;
  if (result == -EAGAIN) return wait_by_poll(s);
  finished(s, result);
}

void uring_backend::ask_for_the_end(native_slot& s) noexcept {
  if (s.has(native_slot::enough) || s.has(native_slot::cancel_wanted)) return;
  s.set(native_slot::enough);
  cancels_.push(s);
}

/// The last answer has come.
void uring_backend::end_items(native_slot& s, int result) noexcept {
  const bool asked = s.has(native_slot::cancel_wanted);
  if (asked) cancels_.remove(s);
  if ((result == -EAGAIN || result == -EINTR) && asked) result = -ECANCELED;
  if (result == -ECANCELED && !asked) result = static_cast<int>(items_end::no_room);
  if (result == -EINTR) result = static_cast<int>(items_end::no_room);
  if (result != -EAGAIN) return finished(s, result);
  // A descriptor that must not block is not waited for by the kernel: ask again when it is ready.
  if (s.has(native_slot::enough)) return finished(s, static_cast<int>(items_end::no_room));
  wait_by_poll(s);
}

void uring_backend::take_connection(native_slot& s, int result, bool more) noexcept {
  auto& op = static_cast<ops::accept_many&>(*s.op);
  if (result >= 0) {
    handle_id id = 0;
    if (op.has_room()) {
      if (adopt_socket(result, id) >= 0) op.give(id);
    } else if (!park(op.id, result)) {
      ::close(result);
    }
    if (more && !op.has_room()) ask_for_the_end(s);
  }
  if (more) return;
  if (result == -EINVAL && !refuses_[static_cast<std::size_t>(op.kind)]) return make_by_calls(s);
  end_items(s, result < 0 ? result : static_cast<int>(items_end::no_room));
}

/// Connections that came when there was no room for them. True: that was all there is to do.
bool uring_backend::take_parked(native_slot& s) noexcept {
  const op_kind kind = s.op->kind;
  if (kind == op_kind::accept) {
    const int fd = unpark(s.op->id);
    if (fd < 0) return false;
    ++counts_.kinds[static_cast<std::size_t>(kind)].ring;
    native<ops::accept>::ask_peer(static_cast<ops::accept&>(*s.op), fd);
    ended_ = true;
    finished(s, fd);
    return true;
  }
  if (kind != op_kind::accept_many) return false;
  auto& many = static_cast<ops::accept_many&>(*s.op);
  if (!many.has_room()) return false;
  while (many.has_room()) {
    const int fd = unpark(many.id);
    if (fd < 0) return false;
    handle_id id = 0;
    ended_ = true;
    if (adopt_socket(fd, id) >= 0) many.give(id);
  }
  ended_ = true;
  finished(s, static_cast<int>(items_end::no_room));
  return true;
}

void uring_backend::take_received(native_slot& s, const io_uring_cqe& c) noexcept {
  auto& op = static_cast<ops::receive_many&>(*s.op);
  if ((c.flags & IORING_CQE_F_BUFFER) != 0) {
    // How full it is by now is counted here: the kernel's word for it is missing at the end of a stream.
    const auto size = static_cast<std::size_t>(std::max(c.res, 0));
    pool_buffer* part = op.pool->picked(c.flags >> IORING_CQE_BUFFER_SHIFT, size);
    if (part != nullptr) {
      pooled_buffer held(*part);
      if (size > 0) op.give(std::move(held));
    } else if (size > 0) {
      s.result = -ENOMEM;
    }
  }
  if ((c.flags & IORING_CQE_F_MORE) != 0) {
    if (!op.has_room() || s.result < 0) ask_for_the_end(s);
    return;
  }
  if (s.result < 0) return end_items(s, static_cast<int>(s.result));
  if (c.res == -EINVAL && !refuses_[static_cast<std::size_t>(op.kind)]) return make_by_calls(s);
  if (c.res == -ENOBUFS) return end_items(s, static_cast<int>(items_end::starved));
  if (c.res == 0) return end_items(s, static_cast<int>(items_end::ended));
  end_items(s, c.res < 0 ? c.res : static_cast<int>(items_end::no_room));
}

/// First the count, then that the buffer is free.
void uring_backend::take_sent(native_slot& s, const io_uring_cqe& c) noexcept {
  auto& op = static_cast<ops::send_zc&>(*s.op);
  if ((c.flags & IORING_CQE_F_NOTIF) == 0) {
    if (c.res >= 0) op.give(static_cast<std::size_t>(c.res));
    s.result = c.res >= 0 ? static_cast<int>(items_end::ended) : c.res;
    if ((c.flags & IORING_CQE_F_MORE) != 0) {
      // Others need not wait until the peer has acknowledged this.
      s.set(native_slot::lent);
      if (c.res >= 0 && s.has(native_slot::in_line)) left_line(s);
      return;
    }
  }
  const auto result = static_cast<int>(s.result);
  if (result == -EINVAL || result == -EOPNOTSUPP || result == -ENOMEM) return make_by_calls(s);
  end_items(s, result);
}

}  // namespace sluice::inline v0

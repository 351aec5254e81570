// The short way into the ring, one function per kind of operation: it knows the native side when it
// is compiled, so that nothing is asked or called through a pointer between the space's row and the
// submission entry.
#include "backend/uring/uring_backend.hpp"
#include "ops/attributes.hpp"
#include "ops/dir.hpp"
#include "ops/file.hpp"
#include "ops/socket.hpp"
#include "ops/stream.hpp"
#include "ops/timer.hpp"

namespace sluice::inline v0 {

namespace {

/// The others are measured, or keep an order among themselves: native_backend::route takes them.
template <class Op>
constexpr bool goes_straight = row_of<Op>.prepare != nullptr && row_of<Op>.readiness == 0 &&
                               (row_of<Op>.route == routing::overlapped ||
                                row_of<Op>.route == routing::attempt);

}  // namespace

template <class Op>
void uring_backend::carry(backend& b, operation& base) noexcept {
  auto& self = static_cast<uring_backend&>(b);
  auto& op = static_cast<Op&>(base);
  constexpr const native_row& row = row_of<Op>;
  if constexpr (row.route == routing::attempt) {
    if (self.may_attempt()) {
      const std::int64_t result = native<Op>::attempt(op);
      if (result != -EAGAIN) return self.called(op, row, result);
    }
  }
  native_slot& s = self.admit(op, row, native_slot::stage::in_ring);
  self.counted_.begun(system_id::descriptor(op.id));
  if (self.room_-- == 0) [[unlikely]] return self.put_into_next_batch(s);
  io_uring_sqe& e = self.next_entry();
  if (!native<Op>::prepare(op, e)) [[unlikely]] return self.refused(s, e);
  ++self.counts_.kinds[static_cast<std::size_t>(Op::its_kind)].ring;
  io_uring_sqe_set_data64(&e, reinterpret_cast<std::uint64_t>(&s) | tag_operation);
}

/// A socket mostly has room. Where the kernel has told of few things, to tell it of a send and to take
/// the answer would be a turn of its own, and the wait that follows one more entry into the kernel; of
/// many sends it is told in one go. But where very many answer at once, each would keep what it sends
/// until the kernel has taken it, and none of that memory would still be in the cache.
template <class Op>
void uring_backend::send(backend& b, operation& base) noexcept {
  auto& self = static_cast<uring_backend&>(b);
  auto& op = static_cast<Op&>(base);
  constexpr const native_row& row = row_of<Op>;
  if (self.sends_at_once() && self.may_attempt() && is_socket(op)) {
    const stream_lines* lines = self.lines_for(op.id);
    if (lines != nullptr && lines->out.first == nullptr) {
      const std::int64_t n = native<Op>::attempt(op);
      if (n != -EAGAIN && !native<Op>::goes_on(op, n)) return self.called(op, row, n);
    }
  }
  self.route(op, row);
}

void uring_backend::take_carriers() noexcept {
  carriers_[static_cast<std::size_t>(op_kind::write)] = send<ops::write>;
  carriers_[static_cast<std::size_t>(op_kind::writev)] = send<ops::writev>;
  const auto take = [this]<class Op>(const Op*) {
    if constexpr (goes_straight<Op>) {
      if (!ring_->supports[row_of<Op>.opcode]) return;
      carriers_[static_cast<std::size_t>(Op::its_kind)] = carry<Op>;
    }
  };
#define SLUICE_CARRY(name) take(static_cast<const ops::name*>(nullptr));
  SLUICE_OPERATIONS(SLUICE_CARRY)
#undef SLUICE_CARRY
}

}  // namespace sluice::inline v0

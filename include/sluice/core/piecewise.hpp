// How a space that does not split carries out transfers: it asks itself for one part after the
// other.
#pragma once

#include <new>

#include "sluice/core/segment.hpp"
#include "sluice/core/space.hpp"

namespace sluice::inline v0 {

/// A transfer with room for one operation of the kind that it can be made of, `Op`: an operation
/// of a handle, a buffer and an offset, whose value is the bytes that were transferred.
template <op_kind Kind, class Op, class Byte>
struct transfer_of : transfer {
  using value_type = transfer_result;
  static constexpr op_kind its_kind = Kind;

  transfer_of(space& s, handle_id i, std::span<Byte> b, std::uint64_t o) noexcept
      : transfer(Kind, s, i, {const_cast<std::byte*>(b.data()), b.size()}, o) {}
  transfer_of(space& s, handle_id i, std::span<Byte> b, std::uint64_t o, segment_sink& told,
              std::uint64_t t) noexcept
      : transfer_of(s, i, b, o) {
    sink = &told;
    tag = t;
  }

  /// The row of a space's table.
  static void carry_out(space& s, operation& op) noexcept {
    static_assert(sizeof(pieces) <= sizeof(room_));
    auto& self = static_cast<transfer_of&>(op);
    auto all = segment::whole_of(self);
    if (all.size() == 0) return all.done();
    auto& p = *::new (static_cast<void*>(self.room_)) pieces(s, self, std::move(all));
    if (p.go_on()) p.end();
  }

 private:
  struct pieces {
    pieces(space& s, transfer_of& t, segment all) noexcept
        : rest(std::move(all)), piece(s, t.id, bytes(), t.offset) {
      piece.run = [](job& j) noexcept {
        pieces& self = *static_cast<pieces*>(static_cast<Op&>(j).waiter);
        if (!self.advance() || self.go_on()) self.end();
      };
      piece.waiter = this;
      whole = &t;
      t.asks = &piece;
    }

    std::span<Byte> bytes() const noexcept {
      if constexpr (std::is_const_v<Byte>) {
        return rest.from().subspan(done);
      } else {
        return rest.into().subspan(done);
      }
    }

    /// True when it is over.
    bool go_on() noexcept {
      do {
        piece.buffer = bytes();
        piece.offset = rest.offset() + done;
        if (!start(piece, *whole->home, nullptr)) return false;
      } while (advance());
      return true;
    }

    /// Books what the last piece did; true when there is more to ask for.
    bool advance() noexcept {
      if (piece.failure) {
        why = piece.failure;
      } else if (piece.value == 0) {
        why = errc::end_of_file;
      } else {
        done += piece.value;
        if (done == rest.size()) return false;
        if (whole->stopping) why = errc::canceled;
      }
      if (why) return false;
      if (whole->sink == nullptr) return true;
      segment behind = rest.split_off(done);
      if (!behind) return true;
      rest.done();
      rest = std::move(behind);
      done = 0;
      return true;
    }

    /// The transfer may be gone when this returns.
    void end() noexcept {
      segment last = std::move(rest);
      const std::size_t n = done;
      const error e = why;
      whole->asks = nullptr;
      this->~pieces();
      last.finish(n, e);
    }

    transfer_of* whole;
    segment rest;            // what has not been told of
    std::size_t done = 0;    // of it
    error why;               // it is over, and not all was transferred
    Op piece;
  };

  alignas(Op) std::byte room_[sizeof(Op) + 64];
};

}  // namespace sluice::inline v0

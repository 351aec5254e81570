#include "backend/sim/faults.hpp"

#include <algorithm>
#include <cerrno>

#include "backend/sim/visit.hpp"

namespace sluice::inline v0::sim {

namespace {

bool takes_room(const operation& op) noexcept {
  using enum op_kind;
  switch (op.kind) {
    case open: return any(static_cast<const ops::open&>(op).mode & open_mode::create);
    case write_at: case writev_at: case allocate: case copy_range: case clone: case set_xattr:
    case mkdir: case rename: case link: case symlink: case mknod:
      return true;
    default: return false;
  }
}

}  // namespace

int draw_fault(const operation& op, const fault_rates& rates, random& rng) noexcept {
  if (op.kind == op_kind::nop) return 0;
  if (op.kind == op_kind::open && rng.chance(rates.too_many_files)) return EMFILE;
  if (takes_room(op) && rng.chance(rates.no_space)) return ENOSPC;
  return rng.chance(rates.io) ? EIO : 0;
}

shortened::shortened(operation& op, random& rng) : op_(op) {
  visit(op, [&]<class Op>(Op& o) {
    if constexpr (requires { o.offset; o.buffer; }) {
      size_ = o.buffer.size();
      if (size_ > 1) o.buffer = o.buffer.first(rng.between(1, size_ - 1));
    } else if constexpr (requires { o.offset; o.slices; }) {
      slices_ = o.slices;
      std::size_t total = 0;
      for (const io_slice& s : slices_) total += s.size;
      if (total < 2) return;
      std::size_t left = rng.between(1, total - 1);
      for (const io_slice& s : slices_) {
        if (left == 0) break;
        fewer_.push_back({s.data, std::min(left, s.size)});
        left -= fewer_.back().size;
      }
      o.slices = fewer_;
    }
  });
}

shortened::~shortened() {
  visit(op_, [&]<class Op>(Op& o) {
    if constexpr (requires { o.offset; o.buffer; }) {
      o.buffer = {o.buffer.data(), size_};
    } else if constexpr (requires { o.offset; o.slices; }) {
      o.slices = slices_;
    }
  });
}

}  // namespace sluice::inline v0::sim

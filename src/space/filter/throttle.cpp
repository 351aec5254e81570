#include "sluice/space/throttle.hpp"

#include <algorithm>

#include "space/filter/bytes.hpp"

namespace sluice::inline v0 {

void throttle_space::submit(space& s, operation& op) noexcept {
  auto& self = static_cast<throttle_space&>(s);
  if (self.let_through(op)) return self.inner().submit(op);
  self.enter(op, without_record::wait);
}

constexpr space_table throttle_space::rows = [] {
  space_table t = hop_rows("throttle");
  for (std::size_t k = 0; k < op_kinds; ++k) {
    const auto kind = static_cast<op_kind>(k);
    if (kind != op_kind::close && kind != op_kind::sleep) t[kind] = submit;
  }
  return t;
}();

throttle_space::throttle_space(space& inner, const throttle_options& options)
    : hop_space(rows, inner),
      bytes_(options.bytes_per_second, options.burst_bytes),
      operations_(options.operations_per_second, options.burst_operations),
      records_(std::make_unique<hop[]>(std::max(1u, options.slab))) {
  stock(records_.get(), std::max(1u, options.slab));
}

throttle_space::~throttle_space() = default;

void throttle_space::book(operation& op, time_point_ns now) noexcept {
  bytes_.book(bytes_wanted(op), now);
  operations_.book(1, now);
}

/// Nobody is before it, and there is enough: no record is needed.
bool throttle_space::let_through(operation& op) noexcept {
  const time_point_ns now = op.home->now();
  const std::lock_guard lock(mutex());
  if (!nobody_waits() || std::max(bytes_.next(), operations_.next()) > now) return false;
  book(op, now);
  return true;
}

/// One after another, also where several are due: a timer's time is its place in the line.
void throttle_space::begin(hop& h) noexcept {
  time_point_ns when = h.op->home->now();
  {
    const std::lock_guard lock(mutex());
    when = last_ = std::max({when, last_ + 1, bytes_.next(), operations_.next()});
    book(*h.op, when);
  }
  hold(h, when);
}

}  // namespace sluice::inline v0

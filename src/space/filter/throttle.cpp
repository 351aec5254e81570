#include "sluice/space/throttle.hpp"

#include <algorithm>

#include "space/filter/bytes.hpp"

namespace sluice::inline v0 {

throttle_space::bucket::bucket(std::uint64_t per_second, std::uint64_t burst) noexcept
    : unit_ns_(per_second == 0 ? 0 : 1e9 / static_cast<double>(per_second)) {
  if (burst == 0) burst = std::max<std::uint64_t>(per_second / 10, 1);
  slack_ = time_for(burst - 1);  // the one that uses up the burst still goes
}

time_point_ns throttle_space::bucket::time_for(std::uint64_t amount) const noexcept {
  constexpr double most = 1e15;  // eleven days, so that sums of it stay numbers
  return static_cast<time_point_ns>(std::min(static_cast<double>(amount) * unit_ns_, most));
}

void throttle_space::bucket::book(std::uint64_t amount, time_point_ns now) noexcept {
  if (unit_ns_ != 0) due_ = std::min(std::max(due_, now), never / 2) + time_for(amount);
}

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

#include "sluice/space/trace.hpp"

#include <algorithm>

#include "space/filter/bytes.hpp"

namespace sluice::inline v0 {

time_point_ns latency_histogram::percentile(double part) const noexcept {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(count_) + 0.5);
  std::uint64_t before = 0;
  std::size_t i = 0;
  while (i < size - 1 && before + counts_[i] < std::max<std::uint64_t>(wanted, 1)) {
    before += counts_[i++];
  }
  if (i < steps) return static_cast<time_point_ns>(i);
  const std::size_t shift = i / steps - 1;  // the last value that counts here
  return static_cast<time_point_ns>(((i % steps + steps + 1) << shift) - 1);
}

struct trace_space::record : hop {
  time_point_ns begun;
};

struct trace_space::of_kind {
  trace_counts counts;
  latency_histogram latencies;
};

void trace_space::watch(space& s, operation& op) noexcept {
  auto& self = static_cast<trace_space&>(s);
  if (!self.enter(op, fitting(op.kind))) [[unlikely]] self.unseen(op);
}

void trace_space::watch_close(space& s, operation& op) noexcept {
  static_cast<trace_space&>(s).end_waiting(op.id);
  watch(s, op);
}

constexpr space_table trace_space::rows = [] {
  space_table t = hop_rows("trace");
  for (space_table::row& r : t.rows) r = watch;
  t[op_kind::close] = watch_close;
  return t;
}();

trace_space::trace_space(space& inner, const trace_options& options)
    : hop_space(rows, inner),
      sink_(options.sink),
      state_(options.state),
      records_(std::make_unique<record[]>(std::max(1u, options.slab))),
      kinds_(std::make_unique<of_kind[]>(op_kinds)) {
  stock(records_.get(), std::max(1u, options.slab));
}

trace_space::~trace_space() = default;

void trace_space::arrived(const operation& op) noexcept {
  ++kinds_[static_cast<std::size_t>(op.kind)].counts.started;
}

void trace_space::begin(hop& h) noexcept {
  static_cast<record&>(h).begun = h.op->home->now();
  go_on(h);
}

void trace_space::end(hop& h, bool at_once) noexcept {
  operation& op = *h.op;
  const way_taken way = at_once ? way_taken::unknown : inner().way_of(op);
  tell({op.kind, at_once, way, op.id, bytes_moved(op), op.failure,
        static_cast<record&>(h).begun, op.home->now()});
}

void trace_space::left(const operation& op) noexcept {
  const time_point_ns now = op.home->now();
  tell({op.kind, false, way_taken::unknown, op.id, 0,
        op.expired ? errc::timed_out : errc::canceled, now, now});
}

void trace_space::tell(const trace_record& r) noexcept {
  of_kind& k = kinds_[static_cast<std::size_t>(r.kind)];
  ++(r.at_once ? k.counts.at_once : k.counts.later);
  if (r.way == way_taken::ring) ++k.counts.ring;
  if (r.way == way_taken::pool) ++k.counts.pool;
  k.counts.bytes += r.bytes;
  k.latencies.add(r.ended - r.begun);
  if (r.failure) {
    ++k.counts.failed;
    if (r.failure == errc::canceled || r.failure == errc::timed_out) ++k.counts.canceled;
  }
  if (sink_ != nullptr) sink_(state_, r);
}

void trace_space::unseen(operation& op) noexcept {
  {
    const std::lock_guard lock(mutex());
    arrived(op);
    ++kinds_[static_cast<std::size_t>(op.kind)].counts.unseen;
  }
  inner().submit(op);
}

trace_counts trace_space::counts(op_kind kind) const noexcept {
  const std::lock_guard lock(mutex());
  return kinds_[static_cast<std::size_t>(kind)].counts;
}

trace_counts trace_space::counts() const noexcept {
  const std::lock_guard lock(mutex());
  trace_counts all;
  for (std::size_t k = 0; k < op_kinds; ++k) {
    const trace_counts& c = kinds_[k].counts;
    all.started += c.started;
    all.at_once += c.at_once;
    all.later += c.later;
    all.ring += c.ring;
    all.pool += c.pool;
    all.failed += c.failed;
    all.canceled += c.canceled;
    all.unseen += c.unseen;
    all.bytes += c.bytes;
  }
  return all;
}

latency_histogram trace_space::latencies(op_kind kind) const noexcept {
  const std::lock_guard lock(mutex());
  return kinds_[static_cast<std::size_t>(kind)].latencies;
}

}  // namespace sluice::inline v0

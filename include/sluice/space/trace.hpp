// A filter that watches: what was asked, how it ended, and how long it took.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>

#include "sluice/space/hop.hpp"

namespace sluice::inline v0 {

/// One operation that has ended.
struct trace_record {
  op_kind kind;
  bool at_once;         // inside its submission: no ring, no other thread, no waiting
  way_taken way;        // otherwise: what carried it out, where that is known
  handle_id id;         // of the file, or of the directory that a name is in
  std::uint64_t bytes;  // moved, by reads, writes and copies
  error failure;
  time_point_ns begun, ended;  // in the inner space, on the clock of its driver
};

/// Takes records, one at a time, from the threads of all loops that use the filter. It must be quick,
/// and must not submit anything to the filter.
using trace_sink = void (*)(void* state, const trace_record& record) noexcept;

struct trace_options {
  unsigned slab = 1024;  // operations watched at once, over all loops; at least 1
  trace_sink sink = nullptr;
  void* state = nullptr;
};

/// How many of one kind.
struct trace_counts {
  std::uint64_t started = 0;
  std::uint64_t at_once = 0;   // ended inside their submission
  std::uint64_t later = 0;     // ended by the ring, the pool, or whatever else carried them:
  std::uint64_t ring = 0;      // of these, by the ring
  std::uint64_t pool = 0;      // or by a thread
  std::uint64_t failed = 0;    // of both, those with an error,
  std::uint64_t canceled = 0;  // and of these, those that were stopped or came to their deadline
  std::uint64_t unseen = 0;    // handed on without a record: how they end is not known
  std::uint64_t bytes = 0;     // moved

  std::uint64_t under_way() const noexcept { return started - at_once - later - unseen; }
};

/// Durations by size: eight steps between a power of two and the next, so that what it tells is at
/// most an eighth too long.
class latency_histogram {
 public:
  void add(time_point_ns took) noexcept {
    ++counts_[index_of(took < 0 ? 0 : static_cast<std::uint64_t>(took))];
    ++count_;
  }
  std::uint64_t count() const noexcept { return count_; }
  /// The time in nanoseconds that this part of them, from 0 to 1, did not exceed; 0 if there are none.
  time_point_ns percentile(double part) const noexcept;

 private:
  static constexpr unsigned step_bits = 3;
  static constexpr unsigned most_bits = 40;  // 18 minutes; what took longer counts as that
  static constexpr std::size_t steps = std::size_t{1} << step_bits;
  static constexpr std::size_t size = (most_bits - step_bits + 1) * steps;

  static constexpr std::size_t index_of(std::uint64_t v) noexcept {
    if (v < steps) return v;
    if ((v >> most_bits) != 0) return size - 1;
    const unsigned shift = static_cast<unsigned>(std::bit_width(v)) - step_bits - 1;
    return shift * steps + (v >> shift);
  }

  std::uint64_t counts_[size] = {};
  std::uint64_t count_ = 0;
};

/// Hands everything on to `inner` as it is, and counts it when it has ended. Results, order and
/// cancelling stay what they are. An operation that finds no record waits for one in line; but what may
/// wait for somebody else (streams, signals, children, locks, sleeps) and closing go on unseen.
class trace_space final : public hop_space {
 public:
  /// Throws std::bad_alloc.
  explicit trace_space(space& inner, const trace_options& options = {});
  ~trace_space();

  /// From any thread, while it is in use: a copy of what is so at one moment.
  trace_counts counts(op_kind kind) const noexcept;
  trace_counts counts() const noexcept;
  latency_histogram latencies(op_kind kind) const noexcept;

 private:
  struct record;
  struct of_kind;
  static const space_table rows;
  static void watch(space& s, operation& op) noexcept;
  static void watch_close(space& s, operation& op) noexcept;

  void begin(hop& h) noexcept override;
  void end(hop& h, bool at_once) noexcept override;
  void arrived(const operation& op) noexcept override;
  void left(const operation& op) noexcept override;
  void tell(const trace_record& r) noexcept;
  void unseen(operation& op) noexcept;

  const trace_sink sink_;
  void* const state_;
  std::unique_ptr<record[]> records_;
  std::unique_ptr<of_kind[]> kinds_;
};

}  // namespace sluice::inline v0

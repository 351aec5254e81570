// A filter that lets only so much through in a second.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/core/pace.hpp"
#include "sluice/space/hop.hpp"

namespace sluice::inline v0 {

/// A rate of 0 is no limit. What was not used is saved up, as much as a burst: so much may come at
/// once after a pause.
struct throttle_options {
  std::uint64_t bytes_per_second = 0;
  std::uint64_t operations_per_second = 0;
  std::uint64_t burst_bytes = 0;       // 0: a tenth of a second's
  std::uint64_t burst_operations = 0;  // 0: a tenth of a second's; at least 1
  unsigned slab = 256;                 // operations that wait with a timer; the others stand in line
};

/// Hands operations on to `inner` no faster than told, over all loops together and in the order in
/// which they came. Counted are the bytes that reads, writes and copies ask for, and every operation
/// but close and sleep, which never wait here. One that asks for more than a burst is not cut: it goes
/// when its turn has come, and the next waits the longer.
///
/// An operation that waits may be cancelled at any time, and its deadline runs. It has used up its
/// share of the rate then.
class throttle_space final : public hop_space {
 public:
  /// Throws std::bad_alloc.
  explicit throttle_space(space& inner, const throttle_options& options);
  ~throttle_space();

 private:
  static const space_table rows;
  static void submit(space& s, operation& op) noexcept;
  bool let_through(operation& op) noexcept;
  void book(operation& op, time_point_ns now) noexcept;

  void begin(hop& h) noexcept override;
  void end(hop&, bool) noexcept override {}
  void due(hop& h) noexcept override { let_go(h); }

  pace bytes_, operations_;
  time_point_ns last_ = 0;  // when the one before is to go
  std::unique_ptr<hop[]> records_;
};

}  // namespace sluice::inline v0

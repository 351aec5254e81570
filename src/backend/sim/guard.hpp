// Whose memory it is while an operation is in flight.
#pragma once

#include <vector>

#include "backend/sim/visit.hpp"

namespace sluice::inline v0::sim {

/// Watches over the memory that an operation has lent to the machine. What the machine fills is
/// poisoned, or holds a pattern that has to stay; what it only reads must not change. Of very large
/// buffers that is so for the first megabytes.
class guard {
 public:
  guard() = default;
  guard(const guard&) = delete;
  guard& operator=(const guard&) = delete;

  /// The operation was submitted.
  void lend(operation& op);
  /// The machine wants to use the memory. Tells what somebody else did to it; null: nothing.
  const char* use() noexcept;
  /// The machine has used it; the results lie in it and are not announced yet.
  void keep() noexcept;
  /// The operation completes. As `use`.
  const char* give_back() noexcept;

 private:
  struct lent {
    region at;
    std::uint64_t sum;               // of what has to stay as it is
    std::vector<std::byte> content;  // under the pattern
  };
  bool unchanged(const lent& l) const noexcept;

  std::vector<lent> all_;
  bool patterned_ = false;
};

}  // namespace sluice::inline v0::sim

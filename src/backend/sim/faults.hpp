#pragma once

#include "sluice/core/operation.hpp"
#include "sluice/sim/world.hpp"

namespace sluice::inline v0::sim {

/// The errno that an operation is to fail with; 0: none.
int draw_fault(const operation& op, const fault_rates& rates, random& rng) noexcept;

/// Makes a transfer's arguments smaller while it lives.
class shortened {
 public:
  shortened(operation& op, random& rng);
  ~shortened();
  shortened(const shortened&) = delete;
  shortened& operator=(const shortened&) = delete;

 private:
  operation& op_;
  std::size_t size_ = 0;
  std::span<const io_slice> slices_;
  std::vector<io_slice> fewer_;
};

}  // namespace sluice::inline v0::sim

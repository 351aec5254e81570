// The system's numbers as errors: for backends, and for spaces that answer as Linux does.
#pragma once

#include <cstdint>
#include <type_traits>

#include "sluice/core/operation.hpp"

namespace sluice::inline v0 {

/// Of a negated errno. ECANCELED becomes errc::canceled.
error system_error(std::int64_t negated_errno) noexcept;

/// Books a system call's number: negative is the failure, anything else the value, where the
/// operation's value is a number.
template <class Op>
void finish_plainly(operation& base, std::int64_t n) noexcept {
  auto& op = static_cast<Op&>(base);
  if (n < 0) {
    op.failure = system_error(n);
  } else if constexpr (!std::is_void_v<typename Op::value_type>) {
    if constexpr (std::is_integral_v<typename Op::value_type>) {
      op.value = static_cast<typename Op::value_type>(n);
    }
  }
}

}  // namespace sluice::inline v0

#pragma once

#include "site.hpp"

namespace sluice::serve {

/// The numbers of a board at /metrics, for Prometheus.
class metrics_site final : public site {
 public:
  explicit metrics_site(const number_board& of) noexcept : of_(of) {}
  task<void> answer(exchange& x) const override;

 private:
  const number_board& of_;
};

}  // namespace sluice::serve

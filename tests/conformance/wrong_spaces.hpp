// Spaces that are wrong on purpose: the suite has to notice.
#pragma once

#include "sluice/core/space.hpp"
#include "sluice/fs/dir.hpp"

namespace sluice::conformance {

/// What is done wrong, to operations of which kind. Everything else is handed on.
struct mistake {
  op_kind kind;
  /// Called when the operation of the inner space has finished at once; changes its result.
  void (*spoil)(operation& op) noexcept;
};

/// Over a space whose operations finish at once.
class wrong_space final : public space {
 public:
  wrong_space(space& inner, mistake made) noexcept;

  space& inner() const noexcept { return inner_; }
  const mistake& made() const noexcept { return mistake_; }

 private:
  space& inner_;
  mistake mistake_;
};

}  // namespace sluice::conformance

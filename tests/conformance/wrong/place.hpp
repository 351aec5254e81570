// Places that are wrong on purpose: the suite has to notice.
#pragma once

#include "conformance/suite/hooked_space.hpp"
#include "sluice/conformance/run.hpp"

namespace sluice::conformance {

/// What is wrong, given the space that would do it right.
using mistake = hooks (*)(space& right);

/// Runs a case over memory, or over this machine, with one mistake made.
outcome with_mistake_in_memory(mistake made, const char* case_name);
outcome with_mistake_in_system(mistake made, const char* case_name);

/// No mistake.
hooks none(space&);

/// Changes results of operations of one kind.
template <class Op>
hooks spoiling(void (*spoil)(Op&)) {
  hooks h;
  h.ended = [spoil](operation& op, bool) {
    if (op.kind == Op::its_kind) spoil(static_cast<Op&>(op));
  };
  return h;
}

}  // namespace sluice::conformance

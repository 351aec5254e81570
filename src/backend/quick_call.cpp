// The short way of a plain call that is quick and not timed, one function per kind of operation: it knows
// the native side when it is compiled, so that nothing is called through a pointer between the space's row
// and the system call. A walk makes a hundred thousand of them.
#include "backend/native_backend.hpp"
#include "ops/attributes.hpp"
#include "ops/dir.hpp"
#include "ops/file.hpp"
#include "ops/socket.hpp"
#include "ops/stream.hpp"
#include "ops/timer.hpp"

namespace sluice::inline v0 {

template <class Op>
void native_backend::call_quickly(backend& b, operation& base) noexcept {
  auto& self = static_cast<native_backend&>(b);
  constexpr const native_row& row = row_of<Op>;
  if (!self.policy_->of(Op::its_kind, base.id).take_untimed()) return self.route(base, row);
  self.called(base, row, row.perform(base));
}

void native_backend::take_quick_calls() noexcept {
  if (ways_ != way_choice::adaptive || latency_sensitive_) return;
  const auto take = [this]<class Op>(const Op*) {
    if constexpr (row_of<Op>.route == routing::adaptive && row_of<Op>.begin == nullptr)
      carriers_[static_cast<std::size_t>(Op::its_kind)] = call_quickly<Op>;
  };
#define SLUICE_CALL(name) take(static_cast<const ops::name*>(nullptr));
  SLUICE_OPERATIONS(SLUICE_CALL)
#undef SLUICE_CALL
}

}  // namespace sluice::inline v0

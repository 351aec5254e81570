#include "backend/closing.hpp"

#include <new>

#include "backend/native_backend.hpp"

namespace sluice::inline v0 {

namespace {

native_backend* backend_of(const operation& op) noexcept {
  return static_cast<native_backend*>(static_cast<backend*>(op.home->carrier()));
}

/// What is left of a close when the descriptor is silent.
void close_drained(operation& op) noexcept {
  if (op.failure) return op.complete();
  if (native_backend* b = backend_of(op)) return b->submit(op, op_kind::close);
  const native_row& row = *row_for(op_kind::close);
  row.finish(op, row.perform(op));
  op.complete();
}

}  // namespace

/// What was only borrowed has other users, whose operations are none of our business.
void close_descriptor(operation& op) noexcept {
  if (machine::made(op.id)) return op.fail(errc::bad_handle);
  if ((op.id & system_id::borrowed) != 0) return close_drained(op);
  auto& request = *::new (static_cast<void*>(op.scratch)) drain_request;
  request.home = op.home;
  request.closing = &op;
  request.descriptor = system_id::descriptor(op.id);
  request.done = [](operation& closing) noexcept {
    if (native_backend* b = backend_of(closing)) b->hold(-1);
    close_drained(closing);
  };
  switch (drain_everywhere(request)) {
    case drained::at_once: return close_drained(op);
    case drained::never: return op.fail(errc::would_deadlock);
    case drained::later: break;
  }
  if (native_backend* b = backend_of(op)) b->hold(1);
}

}  // namespace sluice::inline v0

#include "backend/closing.hpp"

#include <new>

#include "backend/native_backend.hpp"
#include "sluice/fs/ops.hpp"

namespace sluice::inline v0 {

namespace {

native_backend* backend_of(const operation& op) noexcept {
  return static_cast<native_backend*>(static_cast<backend*>(op.home->carrier()));
}

/// Nothing was closed: else nobody would have the descriptor any more.
void give_back(ops::close& op) noexcept {
  if (op.from != nullptr) op.from->take_back(*op.target, op.id);
  op.complete();
}

/// What is left of a close when the descriptor is silent.
void close_drained(operation& op) noexcept {
  if (op.failure) return give_back(static_cast<ops::close&>(op));
  if (native_backend* b = backend_of(op)) {
    b->forget(system_id::descriptor(op.id));
    return b->submit(op, op_kind::close);
  }
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
    case drained::never:
      op.failure = errc::would_deadlock;
      return close_drained(op);
    case drained::later: break;
  }
  if (native_backend* b = backend_of(op)) b->hold(1);
}

}  // namespace sluice::inline v0

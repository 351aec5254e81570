// The register: the native row of every kind of operation, in the order of op_kind.
#include "ops/attributes.hpp"
#include "ops/dir.hpp"
#include "ops/file.hpp"
#include "ops/socket.hpp"
#include "ops/stream.hpp"
#include "ops/timer.hpp"

namespace sluice::inline v0 {

const native_row* row_for(op_kind kind) noexcept {
  static constexpr const native_row* rows[] = {
#define SLUICE_ROW(name) &row_of<ops::name>,
      SLUICE_OPERATIONS(SLUICE_ROW)
#undef SLUICE_ROW
  };
  static_assert(std::size(rows) == native_kinds);
  if (is_transfer(kind)) return nullptr;
  return rows[static_cast<std::size_t>(kind)];
}

}  // namespace sluice::inline v0

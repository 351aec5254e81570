// What every filter begins with: a space that hands each operation on to another one as it is.
#pragma once

#include "sluice/core/handle.hpp"

namespace sluice::inline v0 {

/// A space over a space. Ids are those of `inner`, so nothing need be remembered of handles; those
/// of the two must not be mixed in one operation. `inner` must outlive the filter, and the filter its
/// handles. Derive from it, start from `forwarding_rows`, and fill in the rows that differ.
class forwarding_space : public space {
 public:
  /// Makes a handle of `inner` one of this filter.
  template <class Handle>
  [[nodiscard]] Handle attach(Handle of_inner) noexcept {
    return Handle(adopt, *this, of_inner.detach());
  }

  space& inner() const noexcept { return inner_; }

 protected:
  constexpr forwarding_space(const space_table& rows, space& inner) noexcept
      : space(rows), inner_(inner) {}
  ~forwarding_space() = default;

 private:
  space& inner_;
};

/// A table in which every row, cancelling, releasing and telling the way included, asks the inner space.
constexpr space_table forwarding_rows(const char* name) noexcept {
  space_table t{name};
  for (space_table::row& r : t.rows) {
    r = [](space& s, operation& op) noexcept {
      static_cast<forwarding_space&>(s).inner().submit(op);
    };
  }
  t.cancel = [](space& s, operation& op) noexcept {
    static_cast<forwarding_space&>(s).inner().cancel(op);
  };
  t.release = [](space& s, handle_id id) noexcept {
    static_cast<forwarding_space&>(s).inner().release(id);
  };
  t.way = [](space& s, const operation& op) noexcept {
    return static_cast<forwarding_space&>(s).inner().way_of(op);
  };
  return t;
}

}  // namespace sluice::inline v0

// From a kind of operation to its class, and to the memory that it borrows.
#pragma once

#include <cstddef>
#include <type_traits>

#include "core/system_error.hpp"
#include "sluice/fs/ops.hpp"
#include "sluice/io/ops.hpp"
#include "sluice/net/ops.hpp"

namespace sluice::inline v0::sim {

/// Calls `f` with the operation as what it is.
template <class F>
void visit(operation& op, F&& f) {
  switch (op.kind) {
#define SLUICE_VISIT(name) \
  case op_kind::name: return f(static_cast<ops::name&>(op));
    SLUICE_OPERATIONS(SLUICE_VISIT)
#undef SLUICE_VISIT
    default: return;  // transfers are made of others
  }
}

/// Books what became of it, as the system's numbers tell: what a failed write has sent counts, too.
inline void book(operation& op, std::int64_t n) noexcept {
  visit(op, [n]<class Op>(Op& o) {
    if (Op::its_kind == op_kind::get_option && n >= 0) return;  // any number may be its value
    finish_plainly<Op>(o, n);
    if constexpr (requires { o.whole; o.done; }) {
      o.value = o.done + (n > 0 ? static_cast<std::size_t>(n) : 0);
    } else if constexpr (requires { o.source_id; o.done; }) {
      o.value = o.done;
    } else if constexpr (requires { o.sink; }) {
      o.value = n >= 0 ? static_cast<items_end>(n) : items_end::no_room;
    }
  });
}

/// Memory that somebody lends to the machine.
struct region {
  std::byte* data;
  std::size_t size;
  bool filled;  // by the machine; the other kind is only read
};

/// Calls `f(region)` for every piece of memory that the operation's arguments point to.
template <class F>
void regions_of(operation& op, F&& f) {
  const auto read_only = [&](const void* p, std::size_t size) {
    f(region{static_cast<std::byte*>(const_cast<void*>(p)), size, false});
  };
  visit(op, [&]<class Op>(Op& o) {
    const auto span = [&](auto s) {
      constexpr bool filled = !std::is_const_v<typename decltype(s)::element_type>;
      if (s.size() == 0) return;
      if constexpr (filled) {
        f(region{reinterpret_cast<std::byte*>(s.data()), s.size(), true});
      } else {
        read_only(s.data(), s.size());
      }
    };
    if constexpr (requires { o.path; }) read_only(o.path.c_str(), o.path.size() + 1);
    if constexpr (requires { o.target_path; }) {
      read_only(o.target_path.c_str(), o.target_path.size() + 1);
    }
    if constexpr (requires { o.text; }) read_only(o.text.c_str(), o.text.size() + 1);
    if constexpr (requires { o.name; }) read_only(o.name.c_str(), o.name.size() + 1);
    if constexpr (requires { o.data.size(); }) span(o.data);
    if constexpr (requires { o.names; }) span(o.names);
    if constexpr (requires { o.buffer; }) span(o.buffer);
    if constexpr (requires { o.slices; }) {
      constexpr bool filled = Op::its_kind == op_kind::readv || Op::its_kind == op_kind::readv_at;
      read_only(o.slices.data(), o.slices.size_bytes());
      for (const io_slice& s : o.slices) {
        if (s.size != 0) f(region{static_cast<std::byte*>(s.data), s.size, filled});
      }
    }
  });
}

}  // namespace sluice::inline v0::sim

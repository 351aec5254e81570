// What cases are written with: only for their files, because the names are short.
#pragma once

#include <string>

#include "sluice/conformance/place.hpp"

// `p` is the case's place. None may contain co_await: await into a local first.
#define CHECK_THAT(condition) p.checks.check(static_cast<bool>(condition), #condition)
#define CHECK_SAME(a, b)                                              \
  p.checks.check((a) == (b), std::string(#a " == " #b ": ") +         \
                                 ::sluice::conformance::show(a) +     \
                                 " and " + ::sluice::conformance::show(b))
/// The result is an error, of this portable kind.
#define CHECK_FAILS(r, code)                                                             \
  p.checks.check(!(r).has_value() && (r).error() == ::sluice::errc::code,                \
                 std::string(#r " is errc::" #code ": ") + ::sluice::conformance::show(r))
/// The result is a value, or the case ends.
#define REQUIRE_GOOD(r)                                                                      \
  if (!p.checks.check((r).has_value(), std::string(#r ": ") + ::sluice::conformance::show(r))) \
    co_return
#define REQUIRE_THAT(condition) \
  if (!CHECK_THAT(condition)) co_return
#define CHECK_GOOD(r) \
  p.checks.check((r).has_value(), std::string(#r ": ") + ::sluice::conformance::show(r))

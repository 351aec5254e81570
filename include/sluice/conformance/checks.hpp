// What cases are written with: only for their files, because the names are short.
#pragma once

#include <string>

#include "sluice/conformance/place.hpp"

namespace sluice::conformance {

/// Each side is evaluated once: it may do something.
template <class A, class B>
bool check_same(report& to, const A& a, const B& b, const char* what,
                std::source_location at = std::source_location::current()) {
  return to.check(a == b, std::string(what) + ": " + show(a) + " and " + show(b), at);
}

}  // namespace sluice::conformance

// `p` is the case's place. None may contain co_await: await into a local first.
#define CHECK_THAT(condition) p.checks.check(static_cast<bool>(condition), #condition)
#define CHECK_SAME(a, b) ::sluice::conformance::check_same(p.checks, a, b, #a " == " #b)
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

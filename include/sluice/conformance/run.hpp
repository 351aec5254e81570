// Running the suite in places of your own, in whatever test runner you have:
//
//     void in_my_space(place& p) { p.root = ...; p.options = loop_options(); }
//     const place_maker mine{"mine", in_my_space, false};
//     for (const test_case& c : all_cases()) {
//       const outcome o = run_case(c, mine);
//       if (o.what == verdict::failed) ...  // o.findings
//     }
//
// or with `return conformance_main(argc, argv, {mine});`. Link sluice::conformance.
#pragma once

#include <deque>
#include <span>
#include <string>

#include "sluice/conformance/place.hpp"

namespace sluice::conformance {

enum class verdict : std::uint8_t {
  passed,
  refused,     // the place lacks operations that the case is about, and said so of each
  needs_loop,  // operations block here, and the case needs several in flight
  needs_threads, // all happens on one thread here
  not_taken,   // the place takes only some cases, and not this one
  no_place,    // the machine refuses the place
  failed
};

struct outcome {
  verdict what = verdict::failed;
  kind_set refused;              // verdict::refused: these kinds, with errc::not_supported
  std::string why;               // verdict::no_place
  unsigned checks = 0;
  std::deque<finding> findings;  // what failed
};

/// Runs a case in a new place of this kind. Where the place lacks operations that the case is about,
/// each must be refused, and the case is not run. Blocks until all is over, or the place's patience
/// is; throws what `make` throws.
outcome run_case(const test_case& c, const place_maker& where);

/// What the place lacks, as it says, and what its space's table has no row for: these must agree,
/// but for filters, whose rows hand on what the space below refuses. Findings name the kinds.
outcome check_lacks(const place_maker& where);

/// In words: "passed", "refused: read, write", "not run: needs a loop", "FAILED".
std::string show(const outcome& o);

/// Prints a line for each case in each place, then their numbers. Arguments: `--list` prints the
/// names only; others choose `place`, `place.case` or `.case`. Gives main's result: 0 where nothing
/// failed, 1 where something did, 2 where an argument chooses nothing.
int conformance_main(int argc, char** argv, std::span<const place_maker> places);

}  // namespace sluice::conformance

// What a load has seen, and how it is told.
#pragma once

#include <cstdint>
#include <vector>

#include "echo_options.hpp"
#include "latency.hpp"

namespace sluice::tool {

/// Why an exchange failed where the system has no word for it.
extern const error changed, ended_early, too_late;

/// A deadline that passed is an answer that did not come.
inline error in_own_words(const error& why) { return why == errc::timed_out ? too_late : why; }

struct load_results {
  latencies times;
  std::uint64_t messages = 0;  // all of them, those of the warm-up too
  std::uint64_t connected = 0;
  error not_connected;         // why there are no more
  time_point_ns begun = 0, ended = 0;

  void fail(const error& why);
  std::uint64_t failed() const;  // connections
  /// A line for each reason, the first one first.
  void complain_of(const echo_options& how) const;

 private:
  struct reason {
    error why;
    std::uint64_t connections;
  };
  std::vector<reason> reasons_;
};

/// On standard output, as text or as JSON.
void print(const load_results& all, const echo_options& how);

}  // namespace sluice::tool

// What the unit tests share: every backend that the machine allows, and tasks begun by hand.
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "sluice/sluice.hpp"

namespace unit {

using sluice::errc;
using sluice::loop;
using sluice::task;

inline constexpr sluice::time_point_ns ms = 1'000'000;

/// Runs a test on each backend; skipped, with the reason, where the machine refuses one.
class on_backend : public testing::TestWithParam<sluice::backend_choice> {
 protected:
  void SetUp() override {
    try {
      loop probe(options());
    } catch (const std::exception& e) {
      GTEST_SKIP() << e.what();
    }
  }
  static sluice::loop_options options(sluice::way_choice ways = sluice::way_choice::adaptive) {
    sluice::loop_options o;
    o.backend = GetParam();
    o.ways = ways;
    return o;
  }
};

inline std::string backend_name(const testing::TestParamInfo<sluice::backend_choice>& info) {
  constexpr const char* names[] = {"automatic", "uring", "epoll", "pool"};
  return names[static_cast<std::size_t>(info.param)];
}

#define ON_EVERY_BACKEND(suite)                                                        \
  INSTANTIATE_TEST_SUITE_P(, suite,                                                    \
                           testing::Values(sluice::backend_choice::uring,              \
                                           sluice::backend_choice::epoll,              \
                                           sluice::backend_choice::pool),              \
                           unit::backend_name)

/// A task that has been begun and is run by whoever turns the loop.
template <class T>
struct begun {
  begun(sluice::loop& l, task<T> t, sluice::stop_source* stop = nullptr) : work(std::move(t)) {
    l.schedule(work.prepare(l, stop, &done, [](sluice::promise_base& p) noexcept {
      *static_cast<bool*>(p.owner) = true;
    }));
  }
  begun(const begun&) = delete;
  begun& operator=(const begun&) = delete;
  T finish(sluice::loop& l) {
    while (!done) l.run_once();
    return work.take();
  }
  task<T> work;
  bool done = false;
};

/// Turns the loop until nothing is ready.
inline void settle(loop& l) {
  while (l.run_once(0)) {
  }
}

inline sluice::pipe_ends make_pipe() {
  auto ends = sluice::system().make_pipe();
  if (!ends) throw std::runtime_error(sluice::describe(ends.error()));
  return std::move(*ends);
}

}  // namespace unit

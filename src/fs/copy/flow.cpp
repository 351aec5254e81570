#include "fs/copy/flow.hpp"

#include <cstdint>

#include "sluice/core/call.hpp"
#include "sluice/core/config.hpp"
#include "sluice/io/ops.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::size_t block = 4096;
constexpr std::size_t often_enough = 4 << 20;      // for whoever watches
constexpr time_point_ns at_most = 50'000'000;      // asleep, until a stop is heard

std::size_t piece_for(const copy_options& o) noexcept {
  if (o.bytes_per_second != 0) {
    const std::uint64_t hundredth = o.bytes_per_second / 100;
    return std::max<std::size_t>(hundredth - hundredth % block, block);
  }
  return o.tally != nullptr ? often_enough : SIZE_MAX;
}

}  // namespace

flow::flow(const copy_options& o) noexcept
    : tally_(o.tally),
      stop_(o.stop),
      watched_(o.tally != nullptr || o.bytes_per_second != 0),
      limited_(o.bytes_per_second != 0),
      piece_(piece_for(o)),
      pace_(o.bytes_per_second, 0) {}

void flow::start() {
  if (limited_ && !started_) pace_.start(port::current_driver()->now());
  started_ = true;
}

/// Each waits for the end of its own share, not for somebody else's: so the whole takes the time
/// that it should, however little it is.
time_point_ns flow::book(std::uint64_t bytes) {
  const time_point_ns now = port::current_driver()->now();
  const std::lock_guard lock(mutex_);
  pace_.book(bytes, now);
  return pace_.next();
}

task<void> flow::passed(space& in, std::uint64_t bytes) {
  skipped(bytes);
  if (!limited_) co_return;
  const time_point_ns until = book(bytes);
  while (stop_ == nullptr || !stop_->requested()) {
    const time_point_ns left = until - port::current_driver()->now();
    if (left <= 0) break;
    auto slept = co_await call<ops::sleep>(in, std::min(left, at_most));
    static_cast<void>(slept);
  }
}

}  // namespace sluice::inline v0::copying

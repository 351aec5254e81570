#include "echo_results.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>

#include "json.hpp"
#include "latency_rows.hpp"
#include "report.hpp"
#include "sluice/describe.hpp"

namespace sluice::tool {

namespace {

constexpr const char* own_words[] = {"an answer was not what had been sent",
                                     "the other side ended the connection", "no answer came in time"};

errc portable(std::int32_t) noexcept { return errc::io; }
void message(std::int32_t code, char* text, std::size_t size) noexcept {
  std::snprintf(text, size, "%s", own_words[code]);
}
constexpr error_domain exchange_domain{"echo", portable, message};

/// What this process has used of the processor, in nanoseconds.
std::uint64_t processor_time() {
  constexpr std::int64_t second = 1'000'000'000;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return static_cast<std::uint64_t>(t.tv_sec * second + t.tv_usec * 1000);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

constexpr struct {
  const char* name;
  double share;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

void print_json(const load_results& all) {
  json_line line;
  line.add("connections", all.connected);
  line.add("messages", all.messages);
  line.add("counted", all.times.count());
  line.add("failed", all.failed());
  line.add("elapsed_ns", static_cast<std::uint64_t>(all.ended - all.begun));
  line.add("processor_ns", processor_time());
  for (const auto& q : quantiles) {
    line.add((std::string(q.name) + "_ns").c_str(), all.times.quantile(q.share));
  }
  line.add("max_ns", all.times.most());
  std::fputs(line.take().c_str(), stdout);
}

void print_text(const load_results& all) {
  const double seconds = static_cast<double>(all.ended - all.begun) / 1e9;
  const double messages = static_cast<double>(all.messages);
  std::printf("%" PRIu64 " connections, %" PRIu64 " messages in %.3f s: %.0f a second\n", all.connected,
              all.messages, seconds, seconds > 0 ? messages / seconds : 0.0);
  if (all.times.count() == 0) return;  // there is nothing to be said of how long they took
  const auto microseconds = [](std::uint64_t n) { return static_cast<double>(n) / 1000; };
  for (const auto& q : quantiles) {
    std::printf("%-6s %12.1f us\n", q.name, microseconds(all.times.quantile(q.share)));
  }
  std::printf("%-6s %12.1f us\n", "max", microseconds(all.times.most()));
}

/// "500 us": a bound is 1, 2 or 5 times a power of ten, so that no more digits are needed.
std::string bound_text(std::uint64_t nanoseconds) {
  constexpr const char* units[] = {"ns", "us", "ms", "s"};
  std::size_t unit = 0;
  while (nanoseconds >= 1000 && unit < std::size(units) - 1) {
    nanoseconds /= 1000;
    ++unit;
  }
  return std::to_string(nanoseconds) + " " + units[unit];
}

void print_histogram(const latencies& times, bool as_json) {
  constexpr double longest_bar = 40;
  const auto rows = latency_rows(times);
  std::uint64_t largest = 1;
  for (const auto& row : rows) largest = std::max(largest, row.count);
  const auto wide = static_cast<int>(std::max<std::size_t>(std::to_string(largest).size(), 8));
  if (!as_json && !rows.empty()) std::printf("\n%8s  %*s  %7s\n", "up to", wide, "messages", "share");
  for (const auto& row : rows) {
    const double count = static_cast<double>(row.count);
    if (as_json) {
      json_line line;
      line.add("up_to_ns", row.up_to);
      line.add("messages", row.count);
      std::fputs(line.take().c_str(), stdout);
      continue;
    }
    // What happened once in a million shows, too.
    const double bar = count / static_cast<double>(largest) * longest_bar;
    const std::string drawn = row.count == 0 ? ""
                              : bar < 1      ? "  ."
                                             : "  " + std::string(static_cast<std::size_t>(bar), '#');
    std::printf("%8s  %*" PRIu64 "  %5.1f %%%s\n", bound_text(row.up_to).c_str(), wide, row.count,
                100 * count / static_cast<double>(times.count()), drawn.c_str());
  }
}

}  // namespace

const error changed(0, exchange_domain), ended_early(1, exchange_domain), too_late(2, exchange_domain);

void load_results::fail(const error& why) {
  const auto known = std::ranges::find(reasons_, why, &reason::why);
  if (known != reasons_.end()) {
    ++known->connections;
  } else {
    reasons_.push_back({why, 1});
  }
}

std::uint64_t load_results::failed() const {
  std::uint64_t n = 0;
  for (const reason& r : reasons_) n += r.connections;
  return n;
}

void load_results::complain_of(const echo_options& how) const {
  for (const reason& r : reasons_) {
    complain(program(), std::to_string(r.connections) + " of " + std::to_string(how.connections) +
                            " connections to " + how.at.text() + " failed: " + describe(r.why));
  }
}

void print(const load_results& all, const echo_options& how) {
  if (how.json) {
    if (how.histogram) print_histogram(all.times, true);
    print_json(all);
  } else {
    print_text(all);
    if (how.histogram) print_histogram(all.times, false);
  }
}

}  // namespace sluice::tool

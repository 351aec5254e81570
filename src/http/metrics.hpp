// Numbers that a thread counts and another one reads, and their text for Prometheus.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::inline v0::http {

class text_out;

/// Counted by one thread, read by any: each thread has its own, and a scrape adds them up. So counting
/// is a load and a store, not a locked instruction.
class counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  /// For a level, such as open connections, that also falls. The sum over all threads is right even
  /// if one thread counts up and another down.
  void subtract(std::uint64_t n = 1) noexcept { add(0 - n); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// How often a duration was how long, in classes that double: up to 16 us, 33 us, ... 137 s, and longer.
/// As counter: one thread counts, any thread reads.
class duration_histogram {
 public:
  static constexpr std::size_t classes = 25;
  static constexpr unsigned first_bit = 14;  // the first class holds all below 2^14 ns

  void add(std::uint64_t ns) noexcept {
    const auto bits = static_cast<std::size_t>(std::bit_width(ns == 0 ? 0 : ns - 1));
    const std::size_t c = bits <= first_bit ? 0 : bits - first_bit;
    counts_[c < classes ? c : classes - 1].add();
    sum_ns_.add(ns);
  }

 private:
  friend class merged_histogram;
  std::array<counter, classes> counts_;
  counter sum_ns_;
};

/// The sum of several threads' histograms at about one time.
class merged_histogram {
 public:
  void add(const duration_histogram& one) noexcept;
  std::uint64_t count() const noexcept;
  std::uint64_t in_class(std::size_t c) const noexcept { return counts_[c]; }
  std::uint64_t sum_ns() const noexcept { return sum_ns_; }

 private:
  std::array<std::uint64_t, duration_histogram::classes> counts_{};
  std::uint64_t sum_ns_ = 0;
};

inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// The text format 0.0.4. Each metric begins with what it is; its values follow. Names and help are the
/// program's own and are not escaped; values of labels are.
class metrics_text {
 public:
  explicit metrics_text(text_out& out) noexcept : out_(out) {}

  /// `type` is "counter", "gauge" or "histogram".
  void begin(std::string_view name, std::string_view type, std::string_view help) noexcept;
  void value(std::uint64_t n) noexcept;
  void value(std::string_view label, std::string_view label_value, std::uint64_t n) noexcept;
  /// All lines of a histogram, in seconds.
  void value(const merged_histogram& h) noexcept;

 private:
  void seconds(std::uint64_t ns) noexcept;

  text_out& out_;
  std::string_view name_;
};

}  // namespace sluice::inline v0::http

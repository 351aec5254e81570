#include "http/metrics.hpp"

#include "http/date.hpp"
#include "http/text_out.hpp"

namespace sluice::inline v0::http {

void merged_histogram::add(const duration_histogram& one) noexcept {
  for (std::size_t c = 0; c < counts_.size(); ++c) counts_[c] += one.counts_[c].value();
  sum_ns_ += one.sum_ns_.value();
}

std::uint64_t merged_histogram::count() const noexcept {
  std::uint64_t all = 0;
  for (const std::uint64_t n : counts_) all += n;
  return all;
}

void metrics_text::begin(std::string_view name, std::string_view type, std::string_view help) noexcept {
  name_ = name;
  out_.put("# HELP ").put(name).put(' ').put(help).put('\n');
  out_.put("# TYPE ").put(name).put(' ').put(type).put('\n');
}

void metrics_text::value(std::uint64_t n) noexcept { out_.put(name_).put(' ').number(n).put('\n'); }

void metrics_text::value(std::string_view label, std::string_view label_value, std::uint64_t n) noexcept {
  out_.put(name_).put('{').put(label).put("=\"");
  for (const char c : label_value) {
    if (c == '\n') {
      out_.put("\\n");
    } else {
      if (c == '"' || c == '\\') out_.put('\\');
      out_.put(c);
    }
  }
  out_.put("\"} ").number(n).put('\n');
}

void metrics_text::value(const merged_histogram& h) noexcept {
  std::uint64_t below = 0;
  // The last class has no upper end: it is in +Inf only.
  for (std::size_t c = 0; c + 1 < duration_histogram::classes; ++c) {
    below += h.in_class(c);
    out_.put(name_).put("_bucket{le=\"");
    seconds(std::uint64_t{1} << (duration_histogram::first_bit + c));
    out_.put("\"} ").number(below).put('\n');
  }
  out_.put(name_).put("_bucket{le=\"+Inf\"} ").number(h.count()).put('\n');
  out_.put(name_).put("_sum ");
  seconds(h.sum_ns());
  out_.put('\n');
  out_.put(name_).put("_count ").number(h.count()).put('\n');
}

void metrics_text::seconds(std::uint64_t ns) noexcept {
  constexpr std::uint64_t second = 1'000'000'000;
  char fraction[9];
  write_digits(static_cast<int>(ns % second), fraction);
  out_.number(ns / second).put('.').put({fraction, sizeof fraction});
}

}  // namespace sluice::inline v0::http

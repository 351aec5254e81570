// What is read as a date is written so that it reads as the same.
#include <string_view>

#include "fuzz/target.hpp"
#include "http/date.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::int64_t now = 1'795'271'111;
  const auto date = parse_date(text, now);
  if (!date) return 0;
  HOLDS(size >= 24 && size <= 33);
  char written[date_size];
  write_date(*date, written);
  HOLDS(parse_date({written, date_size}, now) == date);
  return 0;
}

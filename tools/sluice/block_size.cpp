#include "block_size.hpp"

#include <cctype>
#include <cerrno>
#include <clocale>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "locale.hpp"

namespace sluice::tool {

namespace {

__extension__ typedef unsigned __int128 wide;  // bytes times ten, powers past the largest size

constexpr char letters[] = "0KMGTPEZY";

/// Digits in C's notation; `*end` is behind them. None at all: invalid.
parsed parse_digits(const char* text, std::uint64_t& value, const char** end) {
  const char* first = text;
  while (std::isspace(static_cast<unsigned char>(*first)) != 0) ++first;
  *end = text;
  if (*first == '-') return parsed::invalid;
  char* behind = nullptr;
  errno = 0;
  value = std::strtoull(text, &behind, 0);
  if (behind == text) return parsed::invalid;
  *end = behind;
  return errno == ERANGE ? parsed::too_large : parsed::good;
}

/// Reads a unit's letters and multiplies; false for what is no unit.
bool take_unit(const char*& at, std::uint64_t& value, bool& overflow,
               const char* known = "EgGkKmMpPtTyYzZ") {
  if (*at == '\0' || std::strchr(known, *at) == nullptr) return false;
  const char upper = static_cast<char>(std::toupper(static_cast<unsigned char>(*at)));
  const auto exponent = static_cast<unsigned>(std::strchr(letters, upper) - letters);
  unsigned base = 1024;
  ++at;
  if (at[0] == 'i' && at[1] == 'B') {
    at += 2;
  } else if (at[0] == 'B' || at[0] == 'D') {
    base = 1000;
    ++at;
  }
  for (unsigned i = 0; i < exponent; ++i) {
    overflow |= __builtin_mul_overflow(value, std::uint64_t{base}, &value);
  }
  return true;
}

std::string grouped_digits(std::string digits) {
  use_locale();
  const std::lconv* local = std::localeconv();
  const std::string separator = local->thousands_sep;
  const char* group = local->grouping;
  if (separator.empty()) return digits;
  std::size_t at = digits.size();
  while (*group > 0 && *group != CHAR_MAX && at > static_cast<std::size_t>(*group)) {
    at -= static_cast<std::size_t>(*group);
    digits.insert(at, separator);
    if (group[1] != '\0') ++group;  // the last size is repeated
  }
  return digits;
}

}  // namespace

parsed parse_count(const char* text, std::uint64_t& value) {
  const char* end = text;
  const parsed p = parse_digits(text, value, &end);
  if (p == parsed::invalid) return p;
  return *end == '\0' ? p : parsed::invalid_suffix;
}

size_format size_format::of(std::uint64_t block_bytes) noexcept {
  size_format f;
  f.block = block_bytes;
  return f;
}

size_format size_format::human(bool in_binary) noexcept {
  size_format f = of(1);
  f.scaled = f.unit_shown = true;
  f.binary = in_binary;
  return f;
}

size_format size_format::from_environment() {
  size_format f = of(std::getenv("POSIXLY_CORRECT") != nullptr ? 512 : 1024);
  for (const char* name : {"DU_BLOCK_SIZE", "BLOCK_SIZE", "BLOCKSIZE"}) {
    const char* text = std::getenv(name);
    if (text == nullptr) continue;
    f.take_readable(text);
    break;
  }
  return f;
}

/// What is wrong in the environment counts as far as it could be read.
void size_format::take_readable(const char* text) {
  const parsed p = parse(text);
  std::uint64_t number = 0;
  const char* end = text;
  if (p == parsed::too_large) *this = of(UINT64_MAX);
  if (p != parsed::invalid_suffix) return;
  if (parse_digits(text, number, &end) == parsed::good && number != 0) *this = of(number);
}

parsed parse_signed_size(const char* text, std::int64_t& value) {
  const char* at = text;
  while (std::isspace(static_cast<unsigned char>(*at)) != 0) ++at;
  const bool negative = *at == '-';
  if (*at == '-' || *at == '+') ++at;
  const bool has_digits = std::isdigit(static_cast<unsigned char>(*at)) != 0;
  if (!has_digits && at != text) return parsed::invalid;
  std::uint64_t size = 1;
  bool overflow = has_digits && parse_digits(at, size, &at) == parsed::too_large;
  const bool has_unit = take_unit(at, size, overflow, "kKmMGTPEZY");
  if (!has_digits && !has_unit) return parsed::invalid;
  if (*at != '\0') return parsed::invalid_suffix;
  constexpr auto most = static_cast<std::uint64_t>(INT64_MAX);
  if (overflow || size > most + (negative ? 1 : 0)) return parsed::too_large;
  value = static_cast<std::int64_t>(negative ? std::uint64_t{0} - size : size);
  return parsed::good;
}

parsed size_format::parse(const char* text) {
  size_format f = of(1);
  if (*text == '\'') {
    f.grouped = true;
    ++text;
  }
  const std::string_view word(text);
  if (!word.empty() && (std::string_view("human-readable").starts_with(word) ||
                        std::string_view("si").starts_with(word))) {
    const bool with_groups = f.grouped;
    f = human(*text == 'h');
    f.grouped = with_groups;
    *this = f;
    return parsed::good;
  }
  const char* at = text;
  parsed digits = parse_digits(text, f.block, &at);
  const bool unit_only = digits == parsed::invalid && at == text && *text != '\0';
  if (unit_only) f.block = 1;
  bool overflow = digits == parsed::too_large;
  const char* unit_begin = at;
  const bool has_unit = (unit_only || digits != parsed::invalid) && take_unit(at, f.block, overflow);
  if (digits == parsed::invalid && !has_unit) return parsed::invalid;
  if (*at != '\0') return parsed::invalid_suffix;
  if (overflow) return parsed::too_large;
  if (f.block == 0) return parsed::invalid;
  if (std::strpbrk(text, "0123456789") == nullptr) {
    f.unit_shown = true;
    f.unit_with_b = at[-1] == 'B';
    f.binary = at[-1] != 'B' || (at - unit_begin > 1 && at[-2] == 'i');
  }
  *this = f;
  return parsed::good;
}

std::string size_format::unit(unsigned exponent) const {
  std::string text;
  if (exponent > 0) text += exponent == 1 && !binary ? 'k' : letters[exponent];
  if (unit_with_b) {
    if (exponent > 0 && binary) text += 'i';
    text += 'B';
  }
  return text;
}

std::string size_format::print(std::uint64_t bytes) const {
  if (scaled) return scaled_text(bytes);
  std::string text = std::to_string(bytes / block + (bytes % block != 0 ? 1 : 0));
  if (grouped) text = grouped_digits(std::move(text));
  if (!unit_shown) return text;
  const unsigned base = binary ? 1024 : 1000;
  unsigned exponent = 0;
  for (wide power = 1; power < block && exponent < 8; power *= base) ++exponent;
  return text + unit(exponent);
}

/// At most three digits before the unit: "1.1K", "10K", "1023M".
std::string size_format::scaled_text(std::uint64_t bytes) const {
  const std::uint64_t base = binary ? 1024 : 1000;
  std::uint64_t divisor = 1;
  unsigned exponent = 0;
  while (bytes / divisor >= base) {
    divisor *= base;
    ++exponent;
  }
  if (exponent == 0) return std::to_string(bytes) + unit(0);
  const auto up = [&](unsigned times) {
    return static_cast<std::uint64_t>((wide{bytes} * times + divisor - 1) / divisor);
  };
  std::uint64_t tenths = up(10);
  if (tenths >= 100) {
    const std::uint64_t whole = up(1);
    if (whole < base) return std::to_string(whole) + unit(exponent);
    ++exponent;
    tenths = 10;
  }
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + unit(exponent);
}

std::string complaint(parsed what, const std::string& option, const char* text) {
  const std::string quoted = std::string("'") + text + "'";
  switch (what) {
    case parsed::invalid_suffix: return "invalid suffix in " + option + " argument " + quoted;
    case parsed::too_large: return option + " argument " + quoted + " too large";
    default: return "invalid " + option + " argument " + quoted;
  }
}

}  // namespace sluice::tool

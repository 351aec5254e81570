// Sizes as GNU's tools take and print them.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::tool {

enum class parsed : std::uint8_t { good, invalid, invalid_suffix, too_large };

/// How sizes are printed.
struct size_format {
  std::uint64_t block = 1024;  // the unit, in bytes
  bool scaled = false;         // a unit for each number, which it shows
  bool unit_shown = false;     // the unit behind each number
  bool unit_with_b = false;    // KB or KiB, not K
  bool binary = true;          // steps of 1024, not 1000
  bool grouped = false;        // digits in groups, where the language has them

  static size_format of(std::uint64_t block_bytes) noexcept;
  static size_format human(bool in_binary) noexcept;
  /// What the environment asks for, else blocks of 1024 bytes.
  static size_format from_environment();
  /// "1K", "MB", "human-readable", "'1"... In case of an error the format is left as it was.
  parsed parse(const char* text);

  /// Rounded up.
  std::string print(std::uint64_t bytes) const;

 private:
  void take_readable(const char* text);
  std::string scaled_text(std::uint64_t bytes) const;
  std::string unit(unsigned exponent) const;
};

/// "invalid -B argument 'x'"
std::string complaint(parsed what, const std::string& option, const char* text);

/// A number of bytes with or without a unit; negative ones as well.
parsed parse_signed_size(const char* text, std::int64_t& value);

/// A non-negative integer in C's notation and nothing else.
parsed parse_count(const char* text, std::uint64_t& value);

}  // namespace sluice::tool

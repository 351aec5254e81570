#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "du_options.hpp"
#include "report.hpp"

namespace sluice::tool {

/// What du prints: a line each, or at the end the largest. One thread at a time.
class du_lines {
 public:
  du_lines(const du_options& o, output& out) : options_(o), out_(out) {}

  void add(const std::string& path, bool directory, const size_totals& t);
  void add_total(const size_totals& t);
  /// Those that waited for the end.
  void finish();

 private:
  struct kept {
    std::uint64_t amount;
    std::uint64_t number;  // of those added: the first are printed first
    std::string path;
    bool directory;
    size_totals totals;
    bool operator<(const kept& other) const noexcept {
      return amount != other.amount ? amount > other.amount : number < other.number;
    }
  };

  std::uint64_t amount(const size_totals& t) const noexcept;
  void keep(kept&& k);
  void print(const std::string& path, bool directory, const size_totals& t);
  std::string object(const char* member, const std::string& path, const char* type,
                     const size_totals& t) const;

  const du_options& options_;
  output& out_;
  std::uint64_t added_ = 0;
  std::vector<kept> largest_;  // a heap with the smallest in front
  bool summed_ = false;
  size_totals sum_;
  std::size_t width_ = 0;      // of sizes, when they are aligned
};

}  // namespace sluice::tool

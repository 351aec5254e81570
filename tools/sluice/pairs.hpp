// Options of a command that don't go together: what is said of them, and the table in its --help.
#pragma once

#include <span>
#include <string>

namespace sluice::tool {

/// `Given` has a flag for each option that is in force.
template <class Given>
struct named_option {
  const char* name;
  bool Given::*on;
};

/// Those with the same first option stand together.
template <class Given>
struct option_pair {
  named_option<Given> one, other;
  const char* words = nullptr;  // where GNU's command has some of its own
};

/// What is wrong with them, or an empty string.
template <class Given>
std::string wrong_pair(std::span<const option_pair<Given>> pairs, const Given& g) {
  for (const option_pair<Given>& p : pairs) {
    if (!(g.*p.one.on) || !(g.*p.other.on)) continue;
    if (p.words != nullptr) return p.words;
    return std::string("options ") + p.one.name + " and " + p.other.name + " are mutually exclusive";
  }
  return {};
}

/// The table for people, line by line.
class pair_table {
 public:
  void add(const char* one, const std::string& other);
  std::string take();

 private:
  std::string text_;
  std::size_t begin_ = 0;  // of the line
  const char* first_ = nullptr;
};

template <class Given>
std::string table_of(std::span<const option_pair<Given>> pairs) {
  pair_table table;
  for (const option_pair<Given>& p : pairs) table.add(p.one.name, p.other.name);
  return table.take();
}

}  // namespace sluice::tool

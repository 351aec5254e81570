// A copy of one operand, and what is told of it.
#pragma once

#include <string>
#include <vector>

#include "sluice/fs/copy.hpp"
#include "unit/memory/side.hpp"

namespace memory_test {

struct listener final : copy_listener {
  std::vector<copy_problem> problems;
  void failed(const copy_problem& p) override { problems.push_back(p); }
  void copying(const std::string&, const std::string&, const std::string&) override {}
  void removed(const std::string&) override {}
};

inline bool copy(const dir& from, const dir& to, const std::string& source,
                 const std::string& target, const copy_options& o, listener& heard) {
  crew workers;
  const copy_operand operands[] = {{source, target}};
  return copy_trees(workers, from, to, operands, o, 16, heard);
}

}  // namespace memory_test

#include "sluice/conformance/suite.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::conformance {

bool report::check(bool good, std::string what, std::source_location at) {
  const std::lock_guard lock(mutex_);
  ++checks_;
  if (!good) findings_.push_back({std::move(what), at.file_name(), at.line()});
  return good;
}

unsigned report::checks() const {
  const std::lock_guard lock(mutex_);
  return checks_;
}

std::deque<finding> report::findings() const {
  const std::lock_guard lock(mutex_);
  return findings_;
}

std::string show(const error& e) {
  if (!e) return "no error";
  return std::string(e.domain->name) + " " + std::to_string(e.code) + " (" + describe(e) + ")";
}

namespace {

std::vector<test_case>& registered() {
  static std::vector<test_case> list;
  return list;
}

}  // namespace

registrar::registrar(const char* name, task<void> (*run)(place&), kind_set uses, need needs) {
  registered().push_back({name, run, uses, needs});
}

const std::vector<test_case>& all_cases() {
  static const bool sorted = [] {
    std::ranges::sort(registered(), [](const test_case& a, const test_case& b) {
      return std::strcmp(a.name, b.name) < 0;
    });
    return true;
  }();
  static_cast<void>(sorted);
  return registered();
}

const test_case* find_case(const std::string& name) {
  for (const test_case& c : all_cases()) {
    if (name == c.name) return &c;
  }
  return nullptr;
}

}  // namespace sluice::conformance

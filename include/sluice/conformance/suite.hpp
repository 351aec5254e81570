// The conformance suite: cases that every space and backend has to pass. A case is a coroutine that
// is given a place, and uses nothing but handles. See place.hpp for places, run.hpp for how cases are
// run there, and checks.hpp for what cases are written with.
#pragma once

#include <bitset>
#include <deque>
#include <initializer_list>
#include <mutex>
#include <source_location>
#include <sstream>
#include <string>
#include <vector>

#include "sluice/sluice.hpp"

namespace sluice::conformance {

using kind_set = std::bitset<op_kinds>;

inline kind_set kinds(std::initializer_list<op_kind> list) {
  kind_set set;
  for (op_kind k : list) set.set(static_cast<std::size_t>(k));
  return set;
}

struct finding {
  std::string what;
  std::string file;
  unsigned line;
};

/// What a case found out. Any thread may tell.
class report {
 public:
  bool check(bool good, std::string what, std::source_location at = std::source_location::current());

  unsigned checks() const;
  std::deque<finding> findings() const;

 private:
  mutable std::mutex mutex_;
  unsigned checks_ = 0;
  std::deque<finding> findings_;
};

std::string show(const error& e);
template <class T>
std::string show(const result<T>& r) {
  return r.has_value() ? std::string("a value") : show(r.error());
}
inline std::string show(const transfer_result& t) {
  return std::to_string(t.done) + " of " + std::to_string(t.total) +
         (t.first_error ? ", " + show(t.first_error) : "") + (t.end ? ", at the end" : "");
}
template <class T>
std::string show(const T& value) {
  if constexpr (requires(std::ostream& s) { s << value; }) {
    std::ostringstream text;
    text << value;
    return text.str();
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<unsigned long long>(value));
  } else {
    return "?";
  }
}

class place;

/// What a case needs of a place besides operations.
enum class need : std::uint8_t { nothing, a_loop, threads };

struct test_case {
  const char* name;
  task<void> (*run)(place&);
  kind_set uses;    // a place without one of these has to refuse it
  need needs;
};

/// All cases, in the order of their names.
const std::vector<test_case>& all_cases();
const test_case* find_case(const std::string& name);

struct registrar {
  registrar(const char* name, task<void> (*run)(place&), kind_set uses, need needs);
};

}  // namespace sluice::conformance

/// Defines and registers a case: SLUICE_CASE(name, kinds it is about...) { body using `p` }.
#define SLUICE_CASE_NEEDS(name, needs, ...)                                                   \
  static ::sluice::task<void> name(::sluice::conformance::place& p);                          \
  static const ::sluice::conformance::registrar registered_##name(                            \
      #name, name, [] {                                                                       \
        using enum ::sluice::op_kind;                                                         \
        return ::sluice::conformance::kinds({__VA_ARGS__});                                   \
      }(),                                                                                    \
      ::sluice::conformance::need::needs);                                                    \
  static ::sluice::task<void> name(::sluice::conformance::place& p)
#define SLUICE_CASE(name, ...) SLUICE_CASE_NEEDS(name, nothing, __VA_ARGS__)
#define SLUICE_LOOP_CASE(name, ...) SLUICE_CASE_NEEDS(name, a_loop, __VA_ARGS__)
#define SLUICE_THREADS_CASE(name, ...) SLUICE_CASE_NEEDS(name, threads, __VA_ARGS__)

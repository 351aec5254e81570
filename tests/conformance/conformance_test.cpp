// Every case in every place, each a test by name: --gtest_filter='system_pool.*'. With `--table` as
// the first argument the same as a table; see conformance_main.
#include <gtest/gtest.h>

#include <string_view>

#include "conformance/place.hpp"

namespace {

using sluice::conformance::outcome;
using sluice::conformance::place_maker;
using sluice::conformance::test_case;
using sluice::conformance::verdict;

class conformance_test : public testing::Test {
 public:
  conformance_test(const test_case& c, const place_maker& where) : case_(c), where_(where) {}

  void TestBody() override {
    const outcome o = run_case(case_, where_);
    if (o.what == verdict::no_place || o.what == verdict::needs_loop) {
      GTEST_SKIP() << where_.name << ": " << show(o);
    }
    for (const auto& f : o.findings) ADD_FAILURE_AT(f.file.c_str(), int(f.line)) << f.what;
    EXPECT_GT(o.checks, 0u) << "a case that checks nothing proves nothing";
  }

 private:
  const test_case& case_;
  const place_maker& where_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto& places = sluice::conformance::own_places();
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--table") return sluice::conformance::conformance_main(argc, argv, places);
  testing::InitGoogleTest(&argc, argv);
  for (const place_maker& where : places) {
    for (const test_case& c : sluice::conformance::all_cases()) {
      testing::RegisterTest(where.name.c_str(), c.name, nullptr, nullptr, __FILE__, __LINE__,
                            [&c, &where]() -> testing::Test* {
                              return new conformance_test(c, where);
                            });
    }
  }
  return RUN_ALL_TESTS();
}

// Every case in every place, each a test by name: --gtest_filter='system_pool.*'.
#include <gtest/gtest.h>

#include "conformance/place.hpp"

namespace {

using sluice::conformance::place_maker;
using sluice::conformance::report;
using sluice::conformance::test_case;

class conformance_test : public testing::Test {
 public:
  conformance_test(const test_case& c, const place_maker& where) : case_(c), where_(where) {}

  void TestBody() override {
    report r;
    const std::string why_not = run_case(case_, where_, r);
    if (!why_not.empty()) GTEST_SKIP() << where_.name << ": " << why_not;
    for (const auto& f : r.findings()) ADD_FAILURE() << f.what;
    EXPECT_GT(r.checks(), 0u) << "a case that checks nothing proves nothing";
  }

 private:
  const test_case& case_;
  const place_maker& where_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (const place_maker& where : sluice::conformance::own_places()) {
    for (const test_case& c : sluice::conformance::all_cases()) {
      if (where.takes != nullptr && !where.takes(c)) continue;
      testing::RegisterTest(where.name.c_str(), c.name, nullptr, nullptr, __FILE__, __LINE__,
                            [&c, &where]() -> testing::Test* {
                              return new conformance_test(c, where);
                            });
    }
  }
  return RUN_ALL_TESTS();
}

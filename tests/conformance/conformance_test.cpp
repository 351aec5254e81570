// Every case in every place, each a test by name: --gtest_filter='system_pool.*'. With `--table` as
// the first argument the same as a table; see conformance_main.
#include <gtest/gtest.h>

#include <string_view>

#include "conformance/place.hpp"

namespace {

using namespace sluice::conformance;

/// The same set passes everywhere: what a place may do instead is named by it beforehand.
verdict expected(const test_case& c, const place& in) {
  if ((c.uses & in.lacks).any()) return verdict::refused;
  if (c.needs != need::nothing && !in.options) return verdict::needs_loop;
  if (c.needs == need::threads && in.one_thread) return verdict::needs_threads;
  return verdict::passed;
}

/// What a place says that it lacks is what its space has no row for, and is refused.
class lacks_test : public testing::Test {
 public:
  explicit lacks_test(const place_maker& where) : where_(where) {}
  void TestBody() override {
    const outcome o = check_lacks(where_);
    for (const finding& f : o.findings) ADD_FAILURE() << f.what;
    EXPECT_GT(o.checks, 0u);
  }

 private:
  const place_maker& where_;
};

class conformance_test : public testing::Test {
 public:
  conformance_test(const test_case& c, const place_maker& where) : case_(c), where_(where) {}

  void TestBody() override {
    const outcome o = run_case(case_, where_);
    if (o.what == verdict::no_place) GTEST_SKIP() << where_.name << ": " << show(o);
    for (const finding& f : o.findings) {
      ADD_FAILURE_AT(f.file.c_str(), static_cast<int>(f.line)) << f.what;
    }
    place named;
    where_.make(named);
    EXPECT_EQ(o.what, expected(case_, named)) << show(o);
    EXPECT_EQ(o.refused, o.what == verdict::refused ? case_.uses & named.lacks : kind_set());
    if (o.what == verdict::needs_loop || o.what == verdict::needs_threads)
      GTEST_SKIP() << where_.name << ": " << show(o);
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
    testing::RegisterTest(where.name.c_str(), "names_what_it_lacks", nullptr, nullptr, __FILE__,
                          __LINE__, [&where]() -> testing::Test* { return new lacks_test(where); });
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

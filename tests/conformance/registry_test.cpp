// The register of operations: none without its native side, its word on cancelling, and a case.
#include <gtest/gtest.h>

#include "backend/native_row.hpp"
#include "sluice/conformance/place.hpp"
#include "sluice/system.hpp"

namespace {

using sluice::op_kind;

class registry : public testing::TestWithParam<std::size_t> {
 protected:
  op_kind kind() const { return static_cast<op_kind>(GetParam()); }
};

TEST_P(registry, HasANativeSide) {
  if (is_transfer(kind())) {
    EXPECT_EQ(sluice::row_for(kind()), nullptr) << "it is made of others";
    EXPECT_TRUE(sluice::system().table().supports(kind()));
    return;
  }
  const sluice::native_row* row = sluice::row_for(kind());
  ASSERT_NE(row, nullptr);
  EXPECT_NE(row->perform, nullptr) << "the blocking form, for sluice::sync and the pool";
  EXPECT_NE(row->finish, nullptr);
  EXPECT_EQ(row->readiness != 0, row->route == sluice::routing::readiness);
  if (row->route == sluice::routing::attempt) {
    EXPECT_NE(row->attempt, nullptr);
  }
}

TEST_P(registry, SaysWhenItCanBeCancelled) {
  if (is_transfer(kind())) return SUCCEED() << "between its parts, and as those can";
  const sluice::native_row* row = sluice::row_for(kind());
  ASSERT_NE(row, nullptr);
  EXPECT_NE(row->cancel, sluice::cancellable::unsaid);
  if (row->route == sluice::routing::readiness) {
    EXPECT_EQ(row->cancel, sluice::cancellable::always) << "a peer may never come";
  }
}

TEST_P(registry, HasAConformanceCase) {
  unsigned cases = 0;
  for (const auto& c : sluice::conformance::all_cases())
    cases += c.uses.test(GetParam()) ? 1 : 0;
  EXPECT_GT(cases, 0u) << "no case names " << name_of(kind());
}

/// So any place may say that it lacks it, and is then asked.
TEST_P(registry, IsRefusedByASpaceWithoutARowForIt) {
  struct nothing final : sluice::space {
    explicit nothing(const sluice::space_table& t) : space(t) {}
  };
  const sluice::space_table none{"nothing"};
  nothing empty(none);
  sluice::conformance::place p;
  p.root = sluice::dir(sluice::adopt, empty, 1);
  EXPECT_EQ(sluice::sync(sluice::conformance::probe(p, kind())), sluice::errc::not_supported);
}

INSTANTIATE_TEST_SUITE_P(operations, registry, testing::Range(std::size_t{0}, sluice::op_kinds),
                         [](const auto& at) -> std::string {
                           return name_of(static_cast<op_kind>(at.param));
                         });

}  // namespace

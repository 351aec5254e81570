#include "sluice/space/stripe.hpp"
#include "sluice/space/memory.hpp"

#include "unit/virtual_model.hpp"

namespace {

using namespace sluice;
using unit::bytes;
using unit::shaky_space;

std::vector<backing> all_of(shaky_space& members) {
  std::vector<backing> files;
  for (std::size_t i = 0; i < members.files.size(); ++i)
    files.emplace_back(members.handle(i));
  return files;
}

struct slab_members_unit {
  unsigned slab, members, unit;
};

class Stripe : public testing::TestWithParam<slab_members_unit> {};

TEST_P(Stripe, IsWhatWasWrittenToIt) {
  const auto [slab, count, unit] = GetParam();
  for (const bool bad : {false, true}) {
    loop l;
    shaky_space members(count, slab + count);
    stripe_space stripes({slab, 8});
    file f = l.run(stripes.make(all_of(members), unit)).value();
    const std::uint64_t row = std::uint64_t{unit} * count;
    const std::uint64_t bad_from = bad ? 300 : UINT64_MAX;  // of the last member
    members.files.back().bad_from = bad_from;
    unit::model as{f,
                   {},
                   [&](std::uint64_t o, bool writing) {
                     const bool last = writing && o / unit % count == count - 1;
                     return last && o / row * unit + o % unit >= bad_from ? errc::io : errc::none;
                   },
                   true,
                   std::minstd_rand(count)};
    l.run(as.work(300));
    EXPECT_EQ(sync(f.stat())->size, as.content.size());
    EXPECT_LE(members.most_at_once, slab);
    if (slab > 1 && count > 1 && unit < 300) {
      EXPECT_GT(members.most_at_once, 1u);
    }
    if (bad) continue;
    // Made again of the same members, it is the same.
    std::vector<bytes> kept;
    for (const auto& m : members.files)
      kept.push_back(m.bytes);
    EXPECT_TRUE(sync(f.close()).has_value());
    file again = l.run(stripes.make(all_of(members), unit)).value();
    bytes back(as.content.size() + 1);
    const auto read = l.run([](file& of, bytes& into) -> task<transfer_result> {
      const auto r = co_await of.read_exact_at(into, 0);
      co_return r;
    }(again, back));
    EXPECT_EQ(read.done, as.content.size());
    EXPECT_TRUE(read.end);
    back.pop_back();
    EXPECT_TRUE(back == as.content);
  }
}

INSTANTIATE_TEST_SUITE_P(, Stripe,
                         testing::Values(slab_members_unit{1, 3, 16}, slab_members_unit{2, 3, 16},
                                         slab_members_unit{8, 3, 16}, slab_members_unit{8, 1, 7},
                                         slab_members_unit{8, 5, 1}, slab_members_unit{8, 4, 4096}),
                         [](const auto& i) {
                           return "slab" + std::to_string(i.param.slab) + "_members" +
                                  std::to_string(i.param.members) + "_unit" +
                                  std::to_string(i.param.unit);
                         });

struct swift_stripe : testing::Test {
  swift_stripe() {
    members.swift = members.whole = true;
    f = sync(stripes.make(all_of(members), 10)).value();
  }
  shaky_space members{3};
  stripe_space stripes;
  file f;
};
using StripeOfThree = swift_stripe;

TEST_F(StripeOfThree, IsAsLongAsItWasMade) {
  for (std::uint64_t size = 0; size < 100; ++size) {
    ASSERT_TRUE(sync(f.truncate(size)).has_value());
    EXPECT_EQ(sync(f.stat())->size, size);
    std::size_t together = 0;
    for (const auto& m : members.files)
      together += m.bytes.size();
    EXPECT_EQ(together, size);
    file again = sync(stripes.make(all_of(members), 10)).value();
    EXPECT_EQ(sync(again.stat())->size, size);
  }
}

TEST_F(StripeOfThree, ShrunkAndGrownHasZeros) {
  const bytes sevens(95, std::byte{7});
  ASSERT_TRUE(sync(f.write_all_at(sevens, 0)).whole());
  ASSERT_TRUE(sync(f.truncate(33)).has_value());
  ASSERT_TRUE(sync(f.write_all_at(std::span(sevens).first(1), 80)).whole());
  bytes back(100);
  const auto read = sync(f.read_exact_at(back, 0));
  EXPECT_EQ(read.done, 81u);
  for (std::size_t i = 0; i < 81; ++i) {
    EXPECT_EQ(back[i], i < 33 || i == 80 ? std::byte{7} : std::byte{0}) << i;
  }
}

TEST_F(StripeOfThree, AsksEveryMember) {
  EXPECT_EQ(sync(f.stat())->allocated, 3 * 512u);
  EXPECT_TRUE(sync(f.sync()).has_value());
  members.files[1].bad_from = 0;
  EXPECT_TRUE(sync(f.sync()).error() == errc::io);
  EXPECT_TRUE(sync(f.close()).has_value());
  for (const auto& m : members.files) {
    EXPECT_EQ(m.syncs, 2u);
    EXPECT_EQ(m.closes, 1u);
  }
}

TEST_F(StripeOfThree, OfMembersBeyondAllOffsetsEndsWhereOffsetsDo) {
  memory_space in;
  const auto root = in.root();
  for (const std::uint64_t size : {std::uint64_t{INT64_MAX}, std::uint64_t{INT64_MAX} / 3}) {
    std::vector<backing> huge;
    for (const char* name : {"a", "b", "c"}) {
      huge.emplace_back(sync(root.open(name, open_mode::read_write | open_mode::create)).value());
    }
    const backing& last = huge.back();
    ASSERT_TRUE(sync(call<ops::truncate>(last.in(), last.id(), size)).has_value());
    const file whole = sync(stripes.make(std::move(huge), 10)).value();
    const std::uint64_t reached = sync(whole.stat())->size;
    EXPECT_LE(reached, static_cast<std::uint64_t>(INT64_MAX));
    EXPECT_GT(reached, static_cast<std::uint64_t>(INT64_MAX) - 30);
  }
}

TEST_F(StripeOfThree, NeedsMembersAndAUnit) {
  EXPECT_TRUE(sync(stripes.make({}, 10)).error() == errc::invalid);
  EXPECT_TRUE(sync(stripes.make(all_of(members), 0)).error() == errc::invalid);
}

}  // namespace

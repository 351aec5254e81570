// Somebody else changes names and bytes while they are copied, at definite points.
#include <gtest/gtest.h>

#include <functional>
#include <string_view>

#include "sluice/space/forward.hpp"
#include "sluice/space/memory.hpp"
#include "unit/memory/copying.hpp"

namespace memory_test {
namespace {

/// Just before the first operation that `when` picks, does something else.
class meddling_space final : public forwarding_space {
 public:
  explicit meddling_space(space& inner) : forwarding_space(rows(), inner) {}

  std::function<bool(const operation&)> when;
  std::function<void()> what;
  bool clones = true;
  bool done = false;

 private:
  static const space_table& rows() {
    static constexpr space_table table = [] {
      space_table t = forwarding_rows("meddling");
      for (const op_kind k : {op_kind::open, op_kind::set_mode, op_kind::clone, op_kind::copy_range,
                              op_kind::read_at}) {
        t[k] = meddle;
      }
      return t;
    }();
    return table;
  }
  static void meddle(space& s, operation& op) noexcept {
    auto& me = static_cast<meddling_space&>(s);
    if (op.kind == op_kind::clone && !me.clones) return op.fail(errc::not_supported);
    if (!me.done && me.when && me.when(op)) {
      me.done = true;
      me.what();
    }
    me.inner().submit(op);
  }
};

void put(const dir& in, path_ref name, std::string_view text, std::uint16_t mode = 0640) {
  const file f = sync(in.open(name, open_mode::write | open_mode::create, mode)).value();
  ASSERT_TRUE(sync(f.write_all_at(std::as_bytes(std::span(text)), 0)));
}

std::string text_of(const dir& in, path_ref name) {
  std::vector<std::byte> all;
  const file f = sync(in.open(name, open_mode::read)).value();
  EXPECT_TRUE(sync(f.read_to_end(all)).end);
  return {reinterpret_cast<const char*>(all.data()), all.size()};
}

struct machine {
  memory_space files;
  meddling_space between{files};
  dir under = files.root();
  dir root = between.attach(files.root());
  copy_options how;
  listener heard;

  machine() {
    how.privileged = true;
    how.umask = 0;
    put(under, "source", "new bytes");
  }
  bool copy_it(const char* target) { return copy(root, root, "source", target, how, heard); }
  /// Of the only problem.
  copy_step told() const {
    EXPECT_EQ(heard.problems.size(), 1u);
    return heard.problems.empty() ? copy_step::stat_source : heard.problems[0].step;
  }
};

// ---------------------------------------------------------------------------------------------------
// What stands under the target's name is replaced after it was judged.

bool opens_to_write_over(const operation& op) {
  if (op.kind != op_kind::open) return false;
  const open_mode how = static_cast<const ops::open&>(op).mode;
  return any(how & open_mode::write) && !any(how & open_mode::exclusive);
}

class SwappedTarget : public testing::TestWithParam<copy_kind> {};

TEST_P(SwappedTarget, ALinkIsNotFollowedToWhatWasNotJudged) {
  machine m;
  m.how.kind = GetParam();
  m.how.preserve_mode = true;
  put(m.under, "target", "old");
  put(m.under, "secret", "untouched", 0600);
  m.between.when = opens_to_write_over;
  m.between.what = [&m] {
    EXPECT_TRUE(sync(m.under.unlink("target")));
    EXPECT_TRUE(sync(m.under.symlink("secret", "target")));
  };
  EXPECT_FALSE(m.copy_it("target"));
  EXPECT_TRUE(m.between.done);
  EXPECT_EQ(m.told(), copy_step::replaced_target);
  EXPECT_EQ(text_of(m.under, "secret"), "untouched");
  EXPECT_EQ(sync(m.under.stat("secret")).value().mode, 0600);
}

TEST_P(SwappedTarget, AnotherFileKeepsWhatItHas) {
  machine m;
  m.how.kind = GetParam();
  put(m.under, "target", "old");
  put(m.under, "other", "untouched");
  m.between.when = opens_to_write_over;
  m.between.what = [&m] { EXPECT_TRUE(sync(m.under.rename("other", m.under, "target"))); };
  EXPECT_FALSE(m.copy_it("target"));
  EXPECT_EQ(m.told(), copy_step::replaced_target);
  EXPECT_EQ(text_of(m.under, "target"), "untouched");
}

INSTANTIATE_TEST_SUITE_P(Kinds, SwappedTarget,
                         testing::Values(copy_kind::whole, copy_kind::attributes));

/// As where a file gets another identity by being opened.
TEST(SwappedTargets, OneThatDiffersInNothingElsePassesForIt) {
  machine m;
  put(m.under, "target", "old");
  put(m.under, "other", "OLD");
  const auto same = time_change::at(sync(m.under.stat("target")).value().modified);
  ASSERT_TRUE(sync(m.under.set_times("other", time_change(), same)));
  m.between.when = opens_to_write_over;
  m.between.what = [&m] { EXPECT_TRUE(sync(m.under.rename("other", m.under, "target"))); };
  EXPECT_TRUE(m.copy_it("target"));
  EXPECT_TRUE(m.between.done);
  EXPECT_EQ(text_of(m.under, "target"), "new bytes");
}

TEST(SwappedTargets, WhatLiesBehindALinkIsStillWrittenOver) {
  machine m;
  put(m.under, "real", "old, and longer than the new");
  ASSERT_TRUE(sync(m.under.symlink("real", "target")));
  EXPECT_TRUE(m.copy_it("target"));
  EXPECT_TRUE(m.heard.problems.empty());
  EXPECT_EQ(text_of(m.under, "real"), "new bytes");
}

TEST(SwappedTargets, WhatAppearsBehindALinkThatLedNowhereStays) {
  machine m;
  m.how.through_dangling = true;
  ASSERT_TRUE(sync(m.under.symlink("nothing", "target")));
  m.between.when = opens_to_write_over;
  m.between.what = [&m] { put(m.under, "nothing", "untouched"); };
  EXPECT_FALSE(m.copy_it("target"));
  EXPECT_EQ(m.told(), copy_step::replaced_target);
  EXPECT_EQ(text_of(m.under, "nothing"), "untouched");
}

TEST(SwappedTargets, AModeIsNotGivenToWhatALinkLeadsTo) {
  machine m;
  m.how.recursive = m.how.preserve_mode = m.how.require = true;
  m.how.follow = follow_links::never;
  ASSERT_TRUE(sync(m.under.mknod("fifo", file_type::fifo, 0666, 0)));
  put(m.under, "secret", "untouched", 0600);
  m.between.when = [](const operation& op) { return op.kind == op_kind::set_mode; };
  m.between.what = [&m] {
    EXPECT_TRUE(sync(m.under.unlink("copy")));
    EXPECT_TRUE(sync(m.under.symlink("secret", "copy")));
  };
  EXPECT_FALSE(copy(m.root, m.root, "fifo", "copy", m.how, m.heard));
  EXPECT_TRUE(m.between.done);
  EXPECT_EQ(m.told(), copy_step::set_mode);
  EXPECT_EQ(sync(m.under.stat("secret")).value().mode, 0600);
}

// ---------------------------------------------------------------------------------------------------
// The source gets other bytes of the same number, however they are copied.

struct way_of_bytes {
  op_kind by;
  reflink_mode reflink;
};

class RewrittenSource : public testing::TestWithParam<way_of_bytes> {
 protected:
  void SetUp() override {
    m.between.clones = GetParam().by == op_kind::clone;
    m.how.reflink = GetParam().reflink;
    m.between.when = [](const operation& op) { return op.kind == GetParam().by; };
  }
  machine m;
};

TEST_P(RewrittenSource, IsToldOf) {
  m.between.what = [this] { put(m.under, "source", "bad"); };
  EXPECT_TRUE(m.copy_it("target"));
  EXPECT_TRUE(m.between.done);
  EXPECT_EQ(m.told(), copy_step::source_rewritten);
  EXPECT_FALSE(m.heard.problems.empty() || m.heard.problems[0].failure);
}

TEST_P(RewrittenSource, IsToldOfThoughItsTimeIsSetBack) {
  m.between.what = [this] {
    const timestamp before = sync(m.under.stat("source")).value().modified;
    put(m.under, "source", "bad");
    EXPECT_TRUE(sync(m.under.set_times("source", time_change(), time_change::at(before))));
  };
  EXPECT_TRUE(m.copy_it("target"));
  EXPECT_EQ(m.told(), copy_step::source_rewritten);
}

TEST_P(RewrittenSource, IsNoneThatGotAnotherName) {
  m.between.what = [this] { EXPECT_TRUE(sync(m.under.link("source", m.under, "second"))); };
  EXPECT_TRUE(m.copy_it("target"));
  EXPECT_TRUE(m.between.done);
  EXPECT_TRUE(m.heard.problems.empty());
}

TEST_P(RewrittenSource, IsNoneWhoseOtherNameBecomesABackup) {
  m.between.when = nullptr;
  m.how.backup = backup_mode::simple;
  ASSERT_TRUE(sync(m.under.link("source", m.under, "target")));
  EXPECT_TRUE(m.copy_it("target"));
  EXPECT_TRUE(m.heard.problems.empty());
  EXPECT_TRUE(sync(m.under.stat("target~")));
}

INSTANTIATE_TEST_SUITE_P(Ways, RewrittenSource,
                         testing::Values(way_of_bytes{op_kind::clone, reflink_mode::automatic},
                                         way_of_bytes{op_kind::copy_range, reflink_mode::automatic},
                                         way_of_bytes{op_kind::read_at, reflink_mode::never}));

}  // namespace
}  // namespace memory_test

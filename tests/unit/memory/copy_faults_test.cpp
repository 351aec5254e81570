// What single faults, at definite points, leave of a copy.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "sluice/space/fault.hpp"
#include "sluice/space/memory.hpp"
#include "unit/memory/copying.hpp"

namespace memory_test {
namespace {

// ---------------------------------------------------------------------------------------------------
// The first name of a file of several names can't be given all that its source has. It is whole, so that
// the others are linked to it, as in the source; the one problem is told once.

constexpr const char* names[] = {"t/a", "t/b", "t/c"};

void make_group(const dir& in) {
  ASSERT_TRUE(sync(in.mkdir("t")));
  const file f = sync(in.open(names[0], open_mode::write | open_mode::create, 0640)).value();
  const std::vector<std::byte> data(1000, std::byte{0x5a});
  ASSERT_TRUE(sync(f.write_all_at(data, 0)));
  const std::byte value[] = {std::byte{1}};
  ASSERT_TRUE(sync(in.set_xattr(names[0], "user.sluice", value)));
  for (const char* other : {names[1], names[2]}) ASSERT_TRUE(sync(in.link(names[0], in, other)));
}

void expect_one_whole_file(const dir& in) {
  const auto first = sync(in.stat(names[0]));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->links, std::size(names));
  EXPECT_EQ(first->size, 1000u);
  for (const char* name : names) {
    const auto status = sync(in.stat(name));
    ASSERT_TRUE(status) << name;
    EXPECT_EQ(status->inode, first->inode) << name;
  }
}

struct lost_attribute {
  op_kind by;
  copy_step told;
};

class CopyFaults : public testing::TestWithParam<lost_attribute> {};

TEST_P(CopyFaults, OtherNamesAreLinkedToAFirstThatLostAnAttribute) {
  memory_space large;
  const dir from = large.root();
  make_group(from);
  ASSERT_FALSE(HasFailure());
  copy_options o;
  o.recursive = o.preserve_mode = o.preserve_owner = o.preserve_times = true;
  o.preserve_links = o.preserve_xattrs = o.require = o.require_xattrs = true;
  o.follow = follow_links::never;
  o.privileged = true;
  o.umask = 0;
  o.journal = ".journal";
  for (const std::string how : {"plain", "atomic", "durable", "resume"}) {
    SCOPED_TRACE(how);
    o.atomic = how == "atomic";
    o.durable = how == "durable";
    o.resume = how == "resume";
    memory_space little;
    const fault_rule once{.about = GetParam().by, .failure = errc::io, .at_most = 1};
    fault_space faulty(little, {std::span(&once, 1)});
    const dir to = faulty.attach(little.root());
    listener heard;
    EXPECT_FALSE(copy(from, to, "t", "t", o, heard));
    EXPECT_EQ(faulty.hits(0), 1u);
    ASSERT_EQ(heard.problems.size(), 1u);
    EXPECT_EQ(heard.problems[0].step, GetParam().told);
    EXPECT_TRUE(std::ranges::count(names, heard.problems[0].target)) << heard.problems[0].target;
    EXPECT_TRUE(heard.problems[0].failure);
    expect_one_whole_file(to);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, CopyFaults,
                         testing::Values(lost_attribute{op_kind::set_owner, copy_step::set_owner},
                                         lost_attribute{op_kind::set_mode, copy_step::set_mode},
                                         lost_attribute{op_kind::set_times, copy_step::set_times},
                                         lost_attribute{op_kind::set_xattr, copy_step::set_xattr}));

// ---------------------------------------------------------------------------------------------------
// A large file's ranges are copied together. When one fails, others behind it are there already: the
// copy is cut back to where it is whole, and goes on from there.

constexpr std::size_t range = 16 << 20;
constexpr std::size_t ranges = 5;
constexpr std::size_t failing = 2;

/// No zeros: a hole shows.
std::vector<std::byte> make_large(const dir& in) {
  std::vector<std::byte> data(ranges * range + 12'345);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i % 251 + 1);
  const file f = sync(in.open("large", open_mode::write | open_mode::create, 0640)).value();
  EXPECT_TRUE(sync(f.write_all_at(data, 0)));
  return data;
}

std::vector<std::byte> content_of(const dir& in) {
  std::vector<std::byte> all;
  const file f = sync(in.open("large", open_mode::read)).value();
  EXPECT_TRUE(sync(f.read_to_end(all)).end);
  return all;
}

/// A machine whose range `failing` is late, so that those behind it are there when it fails; what it fails
/// with is told so many times. Counts how often a file is cut.
struct late_failure {
  fault_rule late{.about = op_kind::copy_range, .what = fault_kind::delay, .delay = 300'000'000,
                  .after = failing, .at_most = 1};
  fault_rule inside[3];
  memory_space files;
  fault_space broken, slow;
  dir under, root;
  std::vector<std::byte> data;
  listener heard;

  explicit late_failure(std::uint64_t times)
      : inside{{.about = op_kind::copy_range, .failure = errc::io, .after = ranges, .at_most = times},
               {.about = op_kind::truncate, .what = fault_kind::delay},
               {.about = op_kind::clone, .failure = errc::not_supported}},
        broken(files, {inside}),
        slow(broken, {std::span(&late, 1)}),
        under(files.root()),
        root(slow.attach(broken.attach(files.root()))),
        data(make_large(under)) {
    EXPECT_TRUE(sync(under.mkdir("to")));
  }
  bool copy_it() {
    copy_options o;
    return copy(root, root, "large", "to/large", o, heard);
  }
  std::vector<std::byte> copied() { return content_of(sync(under.open_dir("to")).value()); }
};

TEST(CopyFaultsOfRanges, ACopyIsCutBackAndGoesOn) {
  late_failure machine(1);
  EXPECT_TRUE(machine.copy_it());
  EXPECT_TRUE(machine.heard.problems.empty());
  EXPECT_EQ(machine.broken.hits(0), 1u) << "one range failed";
  EXPECT_EQ(machine.broken.hits(1), 1u) << "and what was behind it was cut off";
  EXPECT_TRUE(machine.copied() == machine.data);
}

TEST(CopyFaultsOfRanges, WhatCantGoOnHasNothingBehindAHole) {
  late_failure machine(UINT64_MAX);
  const dir to = sync(machine.under.open_dir("to")).value();
  // It was there before, so that it isn't removed.
  ASSERT_TRUE(sync(to.open("large", open_mode::write | open_mode::create, 0640)));
  EXPECT_FALSE(machine.copy_it());
  EXPECT_EQ(machine.broken.hits(0), 2u) << "together, and then alone";
  ASSERT_EQ(machine.heard.problems.size(), 2u);
  EXPECT_EQ(machine.heard.problems[0].step, copy_step::copy_bytes);
  EXPECT_EQ(machine.heard.problems[1].step, copy_step::incomplete);
  const auto left = machine.copied();
  ASSERT_LT(left.size(), machine.data.size());
  EXPECT_TRUE(std::equal(left.begin(), left.end(), machine.data.begin())) << left.size();
}

}  // namespace
}  // namespace memory_test

// Handles of different spaces meet: single operations say so, copies go on by hand.
#include <gtest/gtest.h>

#include "sluice/fs/copy.hpp"
#include "sluice/sluice.hpp"
#include "sluice/space/memory.hpp"
#include "temp_tree.hpp"

namespace {

using namespace sluice;

struct listener final : copy_listener {
  std::vector<std::string> problems;
  void failed(const copy_problem& p) override {
    problems.push_back(describe(p.why, p.source, p.target));
  }
  void copying(const std::string&, const std::string&, const std::string&) override {}
  void removed(const std::string&) override {}
};

constexpr auto create = open_mode::read_write | open_mode::create;

TEST(TwoSpaces, ShareNoOperation) {
  memory_space one, two;
  const dir a = one.root();
  const dir b = two.root();
  const file f = sync(a.open("f", create)).value();
  const file g = sync(b.open("g", create)).value();
  EXPECT_EQ(sync(f.copy_range(0, g, 0, 10)).error(), errc::cross_device);
  EXPECT_EQ(sync(f.clone(g)).error(), errc::cross_device);
  EXPECT_EQ(sync(a.rename("f", b, "f")).error(), errc::cross_device);
  EXPECT_EQ(sync(a.link("f", b, "f")).error(), errc::cross_device);
  EXPECT_EQ(sync(a.link_file(g, "g")).error(), errc::cross_device);
  EXPECT_TRUE(sync(a.stat("f")).has_value()) << "and nothing happened";
}

void put(const dir& in, const char* name, const std::string& text) {
  const file f = sync(in.open(name, create)).value();
  ASSERT_TRUE(sync(f.write_all_at(std::as_bytes(std::span(text)), 0)));
}

std::string get(const dir& in, const char* name) {
  const file f = sync(in.open(name, open_mode::read)).value();
  std::vector<std::byte> all;
  EXPECT_TRUE(sync(f.read_to_end(all)).end);
  return std::string(reinterpret_cast<const char*>(all.data()), all.size());
}

TEST(TwoSpaces, TreesAreCopiedBetweenThem) {
  memory_space one, two;
  const dir from = one.root();
  const dir to = two.root();
  ASSERT_TRUE(sync(from.mkdir("t")));
  ASSERT_TRUE(sync(from.mkdir("t/u")));
  const std::string large(300'000, 'x');
  put(from, "t/a", "alpha");
  put(from, "t/u/b", large);
  put(from, "t/empty", "");

  crew workers;
  copy_options options;
  options.recursive = true;
  options.follow = follow_links::never;
  listener heard;
  const copy_operand operands[] = {{"t", "copy"}};
  EXPECT_TRUE(copy_trees(workers, from, to, operands, options, 16, heard));
  EXPECT_TRUE(heard.problems.empty()) << heard.problems.front();
  EXPECT_EQ(get(to, "copy/a"), "alpha");
  EXPECT_EQ(get(to, "copy/u/b"), large);
  EXPECT_EQ(get(to, "copy/empty"), "");
}

}  // namespace

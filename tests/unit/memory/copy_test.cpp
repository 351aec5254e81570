// Whole trees go into memory, through it and out again, and lose nothing.
#include <gtest/gtest.h>
#include <unistd.h>

#include "sluice/fs/copy.hpp"
#include "sluice/space/memory.hpp"
#include "unit/memory/side.hpp"

namespace memory_test {
namespace {

struct listener final : copy_listener {
  std::vector<std::string> problems;
  void failed(const copy_problem& p) override {
    problems.push_back(std::to_string(static_cast<int>(p.step)) + " " +
                       sluice::describe(p.why, p.source, p.target));
  }
  void copying(const std::string&, const std::string&, const std::string&) override {}
  void removed(const std::string&) override {}
};

/// As `cp -a`.
copy_options keeping_all() {
  copy_options o;
  o.recursive = true;
  o.follow = follow_links::never;
  o.preserve_mode = o.preserve_owner = o.preserve_times = true;
  o.preserve_links = o.preserve_xattrs = true;
  o.privileged = ::geteuid() == 0;
  return o;
}

void copy(const dir& from, const dir& to, const std::string& name, const copy_options& o) {
  crew workers;
  listener heard;
  const copy_operand operands[] = {{name, name}};
  EXPECT_TRUE(copy_trees(workers, from, to, operands, o, 16, heard));
  EXPECT_TRUE(heard.problems.empty()) << heard.problems.front();
}

void put(const dir& in, const std::string& name, std::size_t size, std::uint64_t offset = 0) {
  const file f = sync(in.open(name, open_mode::write | open_mode::create, 0640)).value();
  const std::vector<std::byte> data(size, std::byte{0x5a});
  ASSERT_TRUE(sync(f.write_all_at(data, offset)));
}

void age(const dir& in, const std::string& name) {
  const time_change old = time_change::at(timestamp{12'345, 678});
  ASSERT_TRUE(sync(in.set_times(name, old, old)));
}

/// Something of everything that a tree may hold.
void make_tree(const dir& in) {
  for (const char* d : {"t", "t/below", "t/below/deep", "t/empty"}) ASSERT_TRUE(sync(in.mkdir(d, 0750)));
  put(in, "t/file", 10'000);
  put(in, "t/nothing", 0);
  put(in, "t/sparse", 4096, 1 << 20);
  put(in, "t/below/deep/large", 3 << 20);
  const file sparse = sync(in.open("t/sparse", open_mode::write)).value();
  ASSERT_TRUE(sync(sparse.truncate(3 << 20)));
  ASSERT_TRUE(sync(in.link("t/file", in, "t/below/again")));
  ASSERT_TRUE(sync(in.symlink("../file", "t/below/link")));
  ASSERT_TRUE(sync(in.symlink("nowhere", "t/dangling")));
  ASSERT_TRUE(sync(in.link("t/dangling", in, "t/below/dangling")));
  ASSERT_TRUE(sync(in.mkfifo("t/fifo", 0604)));
  ASSERT_TRUE(sync(in.mknod("t/socket", file_type::socket, 0700)));
  const std::byte value[] = {std::byte{1}, std::byte{2}};
  for (const char* n : {"t/file", "t/below"}) {
    ASSERT_TRUE(sync(in.set_xattr(n, "user.sluice", value)));
  }
  ASSERT_TRUE(sync(in.set_mode("t/nothing", 04711)));
  for (const char* n : {"t/file", "t/sparse", "t/below/link", "t/fifo", "t/below/deep", "t/below",
                        "t/empty", "t"}) {
    age(in, n);
  }
}

/// Without the times of access, which looking at a tree changes.
std::string seen(const dir& at) {
  std::string tree = describe_tree(at);
  for (const std::string when : {" read lately", " read long ago"}) {
    for (std::size_t i = 0; (i = tree.find(when, i)) != tree.npos;) tree.erase(i, when.size());
  }
  return tree;
}

void expect_copy(const dir& from, const dir& to) {
  const auto first = sync(to.stat("t/file"));
  const auto second = sync(to.stat("t/below/again"));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->inode, second->inode) << "two names of one file";
  EXPECT_EQ(first->modified, (timestamp{12'345, 678}));
  EXPECT_EQ(first->accessed, (timestamp{12'345, 678}));
  EXPECT_EQ(seen(from), seen(to));
}

TEST(MemoryCopy, TreesGoIntoMemoryThroughItAndOut) {
  const tmpfs_folder begin, end;
  if (begin.path().empty()) GTEST_SKIP() << "there is no tmpfs at /dev/shm";
  const dir local = begin.open();
  const dir back = end.open();
  memory_space one, two;
  const dir a = one.root();
  const dir b = two.root();
  make_tree(local);
  ASSERT_FALSE(HasFailure());
  copy(local, a, "t", keeping_all());
  expect_copy(local, a);
  copy(a, b, "t", keeping_all());
  expect_copy(a, b);
  copy(b, back, "t", keeping_all());
  expect_copy(b, back);
  const std::string whole = describe_tree(back);
  EXPECT_NE(whole.find("holes 1048576-1052672"), whole.npos) << whole;
}

TEST(MemoryCopy, TreesAreCopiedInsideOneMemory) {
  memory_space space;
  const dir root = space.root();
  ASSERT_TRUE(sync(root.mkdir("from")));
  ASSERT_TRUE(sync(root.mkdir("to")));
  const dir from = sync(root.open_dir("from")).value();
  const dir to = sync(root.open_dir("to")).value();
  make_tree(from);
  ASSERT_FALSE(HasFailure());
  copy(from, to, "t", keeping_all());
  expect_copy(from, to);
  copy(from, to, "t", keeping_all());
  EXPECT_EQ(seen(from), seen(to)) << "merged into what was there";
  copy_options plain;
  plain.recursive = true;
  plain.follow = follow_links::never;
  plain.umask = 0;  // memory has none
  ASSERT_TRUE(sync(root.mkdir("plain")));
  const dir third = sync(root.open_dir("plain")).value();
  copy(from, third, "t", plain);
  const auto mode = sync(third.stat("t/file"));
  ASSERT_TRUE(mode);
  EXPECT_EQ(mode->mode, 0640);
  EXPECT_EQ(mode->links, 1u) << "without preserve_links each name is a file";
}

TEST(MemoryCopy, AFullMemoryIsReported) {
  memory_options small;
  small.byte_limit = 64 * 1024;
  memory_space large, little{small};
  const dir from = large.root();
  const dir to = little.root();
  put(from, "big", 1 << 20);
  crew workers;
  listener heard;
  const copy_operand operands[] = {{"big", "big"}};
  EXPECT_FALSE(copy_trees(workers, from, to, operands, keeping_all(), 16, heard));
  ASSERT_EQ(heard.problems.size(), 1u);
  EXPECT_NE(heard.problems[0].find("No space left"), std::string::npos) << heard.problems[0];
}

}  // namespace
}  // namespace memory_test

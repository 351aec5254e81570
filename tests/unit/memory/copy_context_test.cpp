// Security contexts, which need no SELinux to be copied: in memory they are attributes like others.
#include <gtest/gtest.h>

#include "sluice/space/memory.hpp"
#include "unit/memory/copying.hpp"

namespace memory_test {
namespace {

constexpr const char* attribute = "security.selinux";

std::string with_end(std::string text) { return text + '\0'; }

void put(const dir& in, const std::string& name, std::size_t size) {
  auto f = sync(in.open(name, open_mode::write | open_mode::create | open_mode::exclusive, 0640));
  ASSERT_TRUE(f);
  const std::vector<std::byte> bytes(size, std::byte{'x'});
  EXPECT_TRUE(sync(f->write_all_at(bytes, 0)).whole());
  EXPECT_TRUE(sync(f->close()));
}

void label(const dir& in, const std::string& path, const std::string& text) {
  const std::string value = with_end(text);
  EXPECT_TRUE(sync(in.set_xattr(path, attribute, std::as_bytes(std::span(value))))) << path;
}

/// Empty: it has none.
std::string label_of(const dir& in, const std::string& path) {
  std::vector<std::byte> room(100);
  const auto size = sync(in.get_xattr(path, attribute, room));
  if (!size || *size == 0) return {};
  return {reinterpret_cast<const char*>(room.data()), *size - 1};
}

copy_options tree_options() {
  copy_options o;
  o.recursive = true;
  o.follow = follow_links::never;
  o.umask = 0;
  return o;
}

/// A directory, a file, a link and a FIFO, each with its own.
void plant(const dir& in) {
  ASSERT_TRUE(sync(in.mkdir("t")));
  put(in, "t/file", 1000);
  ASSERT_TRUE(sync(in.symlink("file", "t/link")));
  ASSERT_TRUE(sync(in.mknod("t/fifo", file_type::fifo, 0600, {})));
  for (const char* name : {"t", "t/file", "t/link", "t/fifo"}) label(in, name, std::string("of ") + name);
}

TEST(CopyContext, KeepsThatOfEachSource) {
  memory_space one, other;
  const dir from = one.root(), to = other.root();
  plant(from);
  copy_options o = tree_options();
  listener heard;
  EXPECT_TRUE(copy(from, to, "t", "without", o, heard));
  EXPECT_EQ(label_of(to, "without/file"), "");
  o.preserve_context = true;
  for (const bool atomic : {false, true}) {
    o.atomic = atomic;
    EXPECT_TRUE(copy(from, to, "t", atomic ? "second" : "first", o, heard));
    const std::string root = atomic ? "second" : "first";
    EXPECT_EQ(label_of(to, root), "of t");
    for (const char* name : {"/file", "/link", "/fifo"}) {
      EXPECT_EQ(label_of(to, root + name), std::string("of t") + name);
    }
    // And over what has another one.
    label(to, root + "/file", "another");
    EXPECT_TRUE(copy(from, to, "t/file", root + "/file", o, heard));
    EXPECT_EQ(label_of(to, root + "/file"), "of t/file");
  }
  EXPECT_TRUE(heard.problems.empty());
}

TEST(CopyContext, WhereItIsRequiredNothingIsCopiedWithoutIt) {
  memory_space one, other;
  const dir from = one.root(), to = other.root();
  put(from, "bare", 1000);
  put(to, "there", 10);
  copy_options o = tree_options();
  o.preserve_context = o.require_context = true;
  listener heard;
  EXPECT_FALSE(copy(from, to, "bare", "new", o, heard));
  EXPECT_FALSE(copy(from, to, "bare", "there", o, heard));
  ASSERT_EQ(heard.problems.size(), 2u);
  for (const copy_problem& p : heard.problems) EXPECT_EQ(p.step, copy_step::get_context);
  EXPECT_FALSE(sync(to.stat("new")));
  const auto there = sync(to.stat("there"));
  ASSERT_TRUE(there);
  EXPECT_EQ(there->size, 10u);
  o.require_context = false;
  EXPECT_TRUE(copy(from, to, "bare", "new", o, heard));
  EXPECT_EQ(heard.problems.size(), 2u) << "that there is none is not worth a word";
}

TEST(CopyContext, OneOfOnesOwnIsForWhatIsMade) {
  memory_space one, other;
  const dir from = one.root(), to = other.root();
  plant(from);
  put(to, "there", 10);
  label(to, "there", "old");
  copy_options o = tree_options();
  o.preserve_xattrs = true;
  o.context = "mine";
  listener heard;
  EXPECT_TRUE(copy(from, to, "t", "t", o, heard));
  for (const char* name : {"t", "t/file", "t/link", "t/fifo"}) EXPECT_EQ(label_of(to, name), "mine") << name;
  EXPECT_TRUE(copy(from, to, "t/file", "there", o, heard));
  EXPECT_EQ(label_of(to, "there"), "old") << "it was there";
  o.atomic = true;
  EXPECT_TRUE(copy(from, to, "t/file", "there", o, heard));
  EXPECT_EQ(label_of(to, "there"), "old");
  EXPECT_TRUE(heard.problems.empty());
}

/// What says where it was asked to, and what was there; of "none" it knows nothing.
result<std::string> say(const std::string& target, file_type is, const std::string& now) {
  if (target.ends_with("none")) return std::unexpected(errc::no_attribute);
  if (target.ends_with("bad")) return std::unexpected(errc::invalid);
  if (target.ends_with("own")) return std::string();
  return target + "," + std::to_string(static_cast<int>(is)) + "," + now;
}

std::string said(const std::string& target, file_type is, const std::string& now) {
  return *say(target, is, now);
}

copy_options asking() {
  copy_options o = tree_options();
  o.context_for = say;
  return o;
}

TEST(CopyContext, AsksAboutAllThatIsMadeOrWrittenOver) {
  memory_space one, other;
  const dir from = one.root(), to = other.root();
  plant(from);
  copy_options o = asking();
  o.preserve_xattrs = true;
  listener heard;
  for (const bool atomic : {false, true}) {
    o.atomic = atomic;
    const std::string root = atomic ? "second" : "first";
    EXPECT_TRUE(copy(from, to, "t", root, o, heard));
    EXPECT_EQ(label_of(to, root), said(root, file_type::directory, ""));
    EXPECT_EQ(label_of(to, root + "/file"), said(root + "/file", file_type::regular, ""));
    EXPECT_EQ(label_of(to, root + "/link"), said(root + "/link", file_type::symlink, ""));
    EXPECT_EQ(label_of(to, root + "/fifo"), said(root + "/fifo", file_type::fifo, ""));
    for (const char* name : {"", "/file"}) label(to, root + name, "old");
    EXPECT_TRUE(sync(to.unlink(root + "/link")));
    EXPECT_TRUE(sync(to.unlink(root + "/fifo")));
    EXPECT_TRUE(copy(from, to, "t", root, o, heard));
    EXPECT_EQ(label_of(to, root), said(root, file_type::directory, "old"));
    EXPECT_EQ(label_of(to, root + "/file"), said(root + "/file", file_type::regular, "old"));
  }
  EXPECT_TRUE(heard.problems.empty());
}

TEST(CopyContext, WhereNothingIsSaidWhatIsThereStays) {
  memory_space one, other;
  const dir from = one.root(), to = other.root();
  plant(from);
  copy_options o = asking();
  listener heard;
  for (const bool atomic : {false, true}) {
    o.atomic = atomic;
    for (const std::string name : {"none", "own", "bad"}) {
      const std::string at = name + (atomic ? "2" : "1") + name;
      o.context = "mine";
      EXPECT_TRUE(copy(from, to, "t/file", at, o, heard));
      EXPECT_EQ(label_of(to, at), "mine");
      label(to, at, "old");
      EXPECT_TRUE(copy(from, to, "t/file", at, o, heard));
      EXPECT_EQ(label_of(to, at), "old") << at;
    }
  }
  ASSERT_EQ(heard.problems.size(), 4u) << "only those that are no answer";
  for (const copy_problem& p : heard.problems) {
    EXPECT_EQ(p.step, copy_step::set_context);
    EXPECT_FALSE(p.failure);
    EXPECT_EQ(p.why, errc::invalid);
  }
}

}  // namespace
}  // namespace memory_test

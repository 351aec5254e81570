// Whole trees: read, listed, walked and written, one after the other and all at once.
#include <algorithm>
#include <map>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

/// A tree of files with known contents, under paths relative to the root.
struct tree {
  std::map<std::string, bytes> files;
  std::map<std::string, std::vector<std::string>> folders;  // with the names in them

  void add(const std::string& path, std::size_t size) {
    files[path] = pattern(size, static_cast<unsigned>(files.size() + 1));
    name(path);
  }
  void add_folder(const std::string& path) {
    folders[path];
    if (path != ".") name(path);
  }

 private:
  void name(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string parent = slash == path.npos ? "." : path.substr(0, slash);
    if (!folders.contains(parent)) add_folder(parent);
    auto& names = folders[parent];
    const std::string last = slash == path.npos ? path : path.substr(slash + 1);
    names.insert(std::ranges::lower_bound(names, last), last);
  }
};

/// Eight small files, four large ones, and three trees of directories whose leaves are empty.
const tree& fixture() {
  static const tree made = [] {
    tree t;
    t.add_folder(".");
    t.add("build.txt", 700);
    t.add("src/main.cpp", 5'000);
    t.add("src/suite.cpp", 4'096);
    t.add("src/io/ring.cpp", 70'000);
    t.add("src/io/pool.cpp", 65'537);
    t.add("src/io/empty.cpp", 0);
    t.add("src/io/one.cpp", 1);
    t.add("p1/p2/p3/a.txt", 11);
    for (unsigned i = 0; i < 4; ++i) t.add("large/" + std::to_string(i), 700'001 + i);
    for (const char* leaf : {"hollow/leaf", "hollow/other", "deep/a/b/c/d", "deep/a/e", "wide/1",
                             "wide/2", "wide/3/4"}) {
      t.add_folder(leaf);
    }
    return t;
  }();
  return made;
}

/// Makes the directories only; parents sort before what is in them.
task<void> plant_folders(place& p, const dir& in) {
  for (const auto& [folder, names] : fixture().folders) {
    if (folder == ".") continue;
    const auto made = co_await in.mkdir(folder);
    CHECK_GOOD(made);
  }
}

task<void> plant(place& p) {
  co_await plant_folders(p, p.root);
  for (const auto& [path, content] : fixture().files) {
    const auto made = co_await make_file(p.root, path, content);
    CHECK_GOOD(made);
  }
}

struct in_parent {
  std::string parent, name;
  explicit in_parent(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    parent = slash == path.npos ? "." : path.substr(0, slash);
    name = slash == path.npos ? path : path.substr(slash + 1);
  }
};

task<void> check_file(place& p, const dir& in, std::string path, const bytes& expected) {
  const auto content = co_await content_of(in, path);
  p.checks.check(content.has_value() && *content == expected, path + " has its content");
}

/// The same through a handle of the directory that the file is in.
task<void> check_file_in_parent(place& p, const dir& under, std::string path,
                                const bytes& expected) {
  const in_parent way(path);
  const auto in = co_await under.open_dir(way.parent);
  REQUIRE_GOOD(in);
  co_await check_file(p, *in, way.name, expected);
}

task<void> check_folder(place& p, std::string path, const std::vector<std::string>& names) {
  const auto found = co_await names_in(p.root, path, 512);
  p.checks.check(found.has_value() && *found == names, path + " has its names");
}

task<void> check_way(place& p, const dir& from, std::string way, std::uint64_t inode) {
  const auto s = co_await from.stat(way);
  p.checks.check(s.has_value() && s->inode == inode, way + " leads there");
}

/// From one directory to every other, by way of "..".
task<void> check_ways(place& p, std::string from) {
  const auto start = co_await p.root.open_dir(from);
  REQUIRE_GOOD(start);
  std::string up;
  if (from != ".") {
    for (auto i = std::count(from.begin(), from.end(), '/') + 1; i > 0; --i) up += "../";
  }
  for (const auto& [to, names] : fixture().folders) {
    const auto there = co_await p.root.stat(to);
    REQUIRE_GOOD(there);
    co_await check_way(p, *start, up + to, there->inode);
  }
}

task<void> write_and_check(place& p, const dir& in, std::string path, const bytes& content) {
  const auto made = co_await make_file(in, path, content);
  CHECK_GOOD(made);
  co_await check_file(p, in, path, content);
}

task<void> write_and_check_in_parent(place& p, const dir& under, std::string path,
                                     const bytes& content) {
  const in_parent way(path);
  const auto in = co_await under.open_dir(way.parent);
  REQUIRE_GOOD(in);
  co_await write_and_check(p, *in, way.name, content);
}

/// A new directory with the fixture's directories, and no files.
task<result<dir>> new_copy(place& p, std::string name) {
  const auto made = co_await p.root.mkdir(name);
  CHECK_GOOD(made);
  auto in = co_await p.root.open_dir(name);
  if (in) co_await plant_folders(p, *in);
  co_return std::move(in);
}

SLUICE_CASE(files_equal, open, mkdir, read_at, write_at) {
  co_await plant(p);
  for (const auto& [path, content] : fixture().files) co_await check_file(p, p.root, path, content);
}

SLUICE_CASE(files_equal_rel, open, mkdir, read_at) {
  co_await plant(p);
  for (const auto& [path, content] : fixture().files) {
    co_await check_file_in_parent(p, p.root, path, content);
  }
}

SLUICE_CASE(dirs_equal, open, mkdir, entries) {
  co_await plant(p);
  for (const auto& [path, names] : fixture().folders) co_await check_folder(p, path, names);
}

SLUICE_CASE(walk_dirs, open, mkdir, stat) {
  co_await plant(p);
  for (const auto& [from, names] : fixture().folders) co_await check_ways(p, from);
}

SLUICE_CASE(writes_equal, open, mkdir, write_at, read_at) {
  co_await plant_folders(p, p.root);
  for (const auto& [path, content] : fixture().files) {
    co_await write_and_check(p, p.root, path, content);
  }
}

SLUICE_CASE(writes_equal_rel, open, mkdir, write_at, read_at) {
  co_await plant_folders(p, p.root);
  for (const auto& [path, content] : fixture().files) {
    co_await write_and_check_in_parent(p, p.root, path, content);
  }
}

/// The six above, in one place.
SLUICE_CASE(all_tests_seq, open, mkdir, read_at, write_at, entries, stat) {
  co_await plant(p);
  for (const auto& [path, content] : fixture().files) {
    co_await check_file(p, p.root, path, content);
    co_await check_file_in_parent(p, p.root, path, content);
  }
  for (const auto& [path, names] : fixture().folders) {
    co_await check_folder(p, path, names);
    co_await check_ways(p, path);
  }
  const auto first = co_await new_copy(p, "first");
  REQUIRE_GOOD(first);
  const auto second = co_await new_copy(p, "second");
  REQUIRE_GOOD(second);
  for (const auto& [path, content] : fixture().files) {
    co_await write_and_check(p, *first, path, content);
    co_await write_and_check_in_parent(p, *second, path, content);
  }
}

/// The same with everything in flight: the four that read, then the two that write.
SLUICE_CASE(all_tests_con, open, mkdir, read_at, write_at, entries, stat) {
  co_await plant(p);
  auto here = co_await this_task();
  scope readers(here);
  for (const auto& [path, content] : fixture().files) {
    readers.spawn(check_file(p, p.root, path, content));
    readers.spawn(check_file_in_parent(p, p.root, path, content));
  }
  for (const auto& [path, names] : fixture().folders) {
    readers.spawn(check_folder(p, path, names));
    readers.spawn(check_ways(p, path));
  }
  co_await readers.join();
  const auto first = co_await new_copy(p, "first");
  const auto second = co_await new_copy(p, "second");
  REQUIRE_THAT(first && second);
  scope writers(here);
  for (const auto& [path, content] : fixture().files) {
    writers.spawn(write_and_check(p, *first, path, content));
    writers.spawn(write_and_check_in_parent(p, *second, path, content));
  }
  co_await writers.join();
}

}  // namespace
}  // namespace sluice::conformance

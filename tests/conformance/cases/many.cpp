// Many at once, and whole trees.
#include <algorithm>
#include <map>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

/// A tree of files with known contents, under paths relative to the root.
struct tree {
  std::map<std::string, bytes> files;
  std::map<std::string, std::vector<std::string>> folders;  // with the names in them
};

tree small_tree() {
  tree t;
  const auto add = [&](std::string path, std::size_t size) {
    t.files[path] = pattern(size, static_cast<unsigned>(t.files.size() + 1));
  };
  add("Cargo.toml", 700);
  add("src/main.cpp", 5'000);
  add("src/io/ring.cpp", 70'000);
  add("src/io/empty.cpp", 0);
  add("p1/p2/p3/a.txt", 1);
  for (int i = 0; i < 4; ++i) add("large/" + std::to_string(i), 700'001 + static_cast<unsigned>(i));
  t.folders = {{".", {"Cargo.toml", "hollow", "large", "p1", "src"}},
               {"src", {"io", "main.cpp"}},
               {"src/io", {"empty.cpp", "ring.cpp"}},
               {"p1", {"p2"}},
               {"p1/p2", {"p3"}},
               {"p1/p2/p3", {"a.txt"}},
               {"large", {"0", "1", "2", "3"}},
               {"hollow", {"leaf"}},
               {"hollow/leaf", {}}};
  return t;
}

task<void> plant(place& p, const tree& t) {
  for (const auto& [folder, names] : t.folders) {  // parents sort before what is in them
    if (folder == ".") continue;
    const auto made = co_await p.root.mkdir(folder);
    CHECK_GOOD(made);
  }
  for (const auto& [path, content] : t.files) {
    const auto made = co_await make_file(p.root, path, content);
    CHECK_GOOD(made);
  }
}

task<void> check_file(place& p, const std::string& path, const bytes& expected) {
  const auto content = co_await content_of(p.root, path);
  p.checks.check(content.has_value() && *content == expected, path + " has its content");
}

/// The same through a handle of the directory that the file is in.
task<void> check_file_in_parent(place& p, const std::string& path, const bytes& expected) {
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == path.npos ? "." : path.substr(0, slash);
  const std::string name = slash == path.npos ? path : path.substr(slash + 1);
  const auto in = co_await p.root.open_dir(parent);
  REQUIRE_GOOD(in);
  const auto content = co_await content_of(*in, name);
  p.checks.check(content.has_value() && *content == expected, path + " by its directory");
}

task<void> check_folder(place& p, const std::string& path, const std::vector<std::string>& names) {
  const auto found = co_await names_in(p.root, path, 512);
  p.checks.check(found.has_value() && *found == names, path + " has its names");
}

task<void> write_and_check(place& p, const std::string& path, const bytes& content) {
  const std::string name = "copy-of-" + std::to_string(content.size());
  const auto made = co_await make_file(p.root, name, content);
  CHECK_GOOD(made);
  const auto back = co_await content_of(p.root, name);
  p.checks.check(back.has_value() && *back == content, path + " was written");
}

SLUICE_CASE(files_equal, open, mkdir, read_at, write_at) {
  const tree t = small_tree();
  co_await plant(p, t);
  for (const auto& [path, content] : t.files) co_await check_file(p, path, content);
}

SLUICE_CASE(files_equal_rel, open, mkdir, read_at) {
  const tree t = small_tree();
  co_await plant(p, t);
  for (const auto& [path, content] : t.files) co_await check_file_in_parent(p, path, content);
}

SLUICE_CASE(dirs_equal, open, mkdir, entries) {
  const tree t = small_tree();
  co_await plant(p, t);
  for (const auto& [path, names] : t.folders) co_await check_folder(p, path, names);
}

task<void> check_way(place& p, const dir& from, std::string way, std::uint64_t inode) {
  const auto s = co_await from.stat(way);
  p.checks.check(s.has_value() && s->inode == inode, way + " leads there");
}

/// From every directory to every other, by way of "..".
SLUICE_CASE(walk_dirs, open, mkdir, stat) {
  const tree t = small_tree();
  co_await plant(p, t);
  for (const auto& [from, names] : t.folders) {
    const auto start = co_await p.root.open_dir(from);
    REQUIRE_GOOD(start);
    std::string up;
    if (from != ".") {
      for (auto i = std::count(from.begin(), from.end(), '/') + 1; i > 0; --i) up += "../";
    }
    for (const auto& [to, others] : t.folders) {
      const auto there = co_await p.root.stat(to);
      REQUIRE_GOOD(there);
      co_await check_way(p, *start, up + to, there->inode);
    }
  }
}

SLUICE_CASE(writes_equal, open, mkdir, write_at, read_at) {
  const tree t = small_tree();
  for (const auto& [path, content] : t.files) co_await write_and_check(p, path, content);
  const auto names = co_await names_in(p.root, ".");
  REQUIRE_GOOD(names);
  CHECK_SAME(names->size(), t.files.size());
  const auto made = co_await p.root.mkdir("last");
  CHECK_GOOD(made);
}

/// Everything above with everything in flight: readers, listers, then writers.
SLUICE_CASE(all_tests_con, open, mkdir, read_at, write_at, entries) {
  const tree t = small_tree();
  co_await plant(p, t);
  auto here = co_await this_task();
  scope readers(here);
  for (int round = 0; round < 4; ++round) {
    for (const auto& [path, content] : t.files) {
      readers.spawn(check_file(p, path, content));
      readers.spawn(check_file_in_parent(p, path, content));
    }
    for (const auto& [path, names] : t.folders) readers.spawn(check_folder(p, path, names));
  }
  co_await readers.join();
  scope writers(here);
  for (const auto& [path, content] : t.files) writers.spawn(write_and_check(p, path, content));
  co_await writers.join();
}

task<void> read_one(const file& f, std::uint64_t offset, std::span<const std::byte> expected,
                    int& good) {
  bytes buffer(expected.size());
  const auto read = co_await f.read_exact_at(buffer, offset);
  if (read.whole() && std::ranges::equal(buffer, expected)) ++good;
}

task<int> read_three_hundred(const file& f, const bytes& data) {
  auto here = co_await this_task();
  int good = 0;
  scope all(here);
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t at = i * 333;
    all.spawn(read_one(f, at, std::span(data).subspan(at, 1000), good));
  }
  co_await all.join();
  co_return good;
}

SLUICE_CASE(three_hundred_reads_in_flight, open, read_at) {
  const bytes data = pattern(101'000);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  const int good = co_await read_three_hundred(*f, data);
  CHECK_SAME(good, 300);
}

/// A loop of its own inside this one's task: its ring has eight entries.
SLUICE_LOOP_CASE(a_small_ring_makes_operations_wait, open, read_at) {
  const bytes data = pattern(101'000);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  const auto small = p.loop_with(8);
  CHECK_SAME(small->run(read_three_hundred(*f, data)), 300);
  const auto back = co_await f->stat();
  CHECK_GOOD(back);
  bytes one(1);
  const auto read = co_await f->read_at(one, 0);
  CHECK_GOOD(read);
}

SLUICE_CASE(two_thousand_open_files, open, read_at, close) {
  const std::size_t before = open_descriptors();
  {
    const auto made = co_await make_file(p.root, "f", as_bytes("many eyes"));
    REQUIRE_GOOD(made);
    std::vector<file> files;
    for (int i = 0; i < 2000; ++i) {
      auto f = co_await p.root.open("f", open_mode::read);
      if (!f && f.error() == errc::too_many_files) break;  // the machine's limit
      REQUIRE_GOOD(f);
      files.push_back(std::move(*f));
    }
    CHECK_THAT(files.size() == 2000 || files.size() > 900);
    int good = 0;
    for (const file& f : files) {
      bytes buffer(9);
      const auto n = co_await f.read_exact_at(buffer, 0);
      good += n.whole() && as_text(buffer) == "many eyes" ? 1 : 0;
    }
    CHECK_SAME(static_cast<std::size_t>(good), files.size());
    for (file& f : files) {
      const auto closed = co_await f.close();
      CHECK_GOOD(closed);
    }
  }
  CHECK_THAT(open_descriptors() <= before + 8);  // a released one may still be on its way
}

}  // namespace
}  // namespace sluice::conformance

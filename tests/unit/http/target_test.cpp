// Targets, and the paths that they resolve to.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "http/target.hpp"
#include "http/text_out.hpp"

namespace {

using namespace sluice::http;

struct resolved {
  int status;
  std::string path;
  bool directory;
  std::string query;
  bool operator==(const resolved&) const = default;
};

void PrintTo(const resolved& r, std::ostream* out) {
  *out << r.status << ' ' << testing::PrintToString(r.path)
       << (r.directory ? " directory " : " file ") << testing::PrintToString(r.query);
}

resolved resolve(const std::string& target, bool hidden = false) {
  std::vector<char> room(target.size() + 2, 'x');
  const resolved_target t = resolve_target(target, room, {.hidden = hidden});
  if (t.status == 0) {
    EXPECT_EQ(t.path.data()[t.path.size()], '\0') << target;
  }
  return {t.status, t.status == 0 ? std::string(t.path) : "", t.directory, std::string(t.query)};
}

resolved file(const std::string& path, const std::string& query = "") {
  return {0, path, false, query};
}
resolved directory(const std::string& path) {
  return {0, path, true, ""};
}
int status(const std::string& target, bool hidden = false) {
  return resolve(target, hidden).status;
}

TEST(Target, IsAPath) {
  EXPECT_EQ(resolve("/a"), file("a"));
  EXPECT_EQ(resolve("/a/b.c"), file("a/b.c"));
  EXPECT_EQ(resolve("/a/"), directory("a"));
  EXPECT_EQ(resolve("/"), directory("."));
  EXPECT_EQ(resolve("//a///b"), file("a/b"));
  EXPECT_EQ(resolve("///"), directory("."));
  EXPECT_EQ(resolve("/a?b/../c?d"), file("a", "b/../c?d"));
  EXPECT_EQ(resolve("/?q").query, "q");
}

TEST(Target, MayBeAbsolute) {
  EXPECT_EQ(resolve("http://host/a/b?c"), file("a/b", "c"));
  EXPECT_EQ(resolve("HTTPS://host:1/"), directory("."));
  EXPECT_EQ(resolve("http://host"), directory("."));
  EXPECT_EQ(resolve("http://host?q").query, "q");
  for (const char* bad :
       {"*", "host:80", "a/b", "", "ftp://host/a", "http://", "http:///a", "http:/a", "://a"}) {
    EXPECT_EQ(status(bad), 400) << bad;
  }
}

TEST(Target, IsDecodedOnce) {
  EXPECT_EQ(resolve("/%61%20b%C3%A9"), file("a b\xC3\xA9"));
  EXPECT_EQ(resolve("/%2561"), file("%61"));
  EXPECT_EQ(resolve("/a+b\\c"), file("a+b\\c"));
  EXPECT_EQ(resolve("/%3f%23?x"), file("?#", "x"));
  for (const char* bad : {"/%", "/%1", "/%1g", "/%g1", "/%%41", "/%00", "/a%00b", "/a#b"}) {
    EXPECT_EQ(status(bad), 400) << bad;
  }
  EXPECT_EQ(status(std::string("/a\0b", 4)), 400);
  for (const char* slash : {"/a%2fb", "/%2F", "/..%2f..%2fetc", "/a/%2f"})
    EXPECT_EQ(status(slash), 404) << slash;
}

TEST(Target, StaysBeneathTheRoot) {
  EXPECT_EQ(resolve("/a/../b"), file("b"));
  EXPECT_EQ(resolve("/a/b/.."), directory("a"));
  EXPECT_EQ(resolve("/a/./b/."), directory("a/b"));
  EXPECT_EQ(resolve("/a/.."), directory("."));
  EXPECT_EQ(resolve("/a/%2e%2e/b"), file("b"));
  EXPECT_EQ(resolve("/a/%2E/b"), file("a/b"));
  EXPECT_EQ(resolve("/aa/bb/../../cc"), file("cc"));
  for (const char* bad : {"/..", "/../a", "/a/../..", "/%2e%2e/etc", "/.%2e", "/a/../../b", "//..",
                          "/./..", "http://host/.."}) {
    EXPECT_EQ(status(bad), 400) << bad;
    EXPECT_EQ(status(bad, true), 400) << bad;
  }
}

TEST(Target, HidesWhatBeginsWithADot) {
  for (const char* hidden : {"/.git/config", "/a/.b", "/.a", "/%2egit", "/...", "/a/..b", "/.a/"}) {
    EXPECT_EQ(status(hidden), 404) << hidden;
    EXPECT_EQ(status(hidden, true), 0) << hidden;
  }
  EXPECT_EQ(resolve("/.a/../b"), file("b"));
  EXPECT_EQ(resolve("/a.b/c."), file("a.b/c."));
}

TEST(Target, NeedsRoom) {
  char room[5];
  EXPECT_EQ(resolve_target("/abc", {room, 5}).status, 400);
  char enough[6];
  EXPECT_EQ(resolve_target("/abc", {enough, 6}).path, "abc");
}

/// Decoded as a whole, taken apart, and put together again.
resolved by_the_book(const std::string& target) {
  const std::size_t mark = target.find('?');
  const std::string path = target.substr(0, mark);
  std::vector<std::string> names;
  std::string name;
  bool directory = false;
  bool slash = false;
  for (std::size_t i = 1; i <= path.size(); ++i) {
    if (i == path.size() || path[i] == '/') {
      directory = name.empty() || name == "." || name == "..";
      if (name == ".." && names.empty()) return {400, "", false, ""};
      if (name == "..") names.pop_back();
      if (!directory) names.push_back(name);
      name.clear();
    } else if (path[i] == '%') {
      name += static_cast<char>(std::stoi(path.substr(i + 1, 2), nullptr, 16));
      slash = slash || name.back() == '/';
      i += 2;
    } else {
      name += path[i];
    }
  }
  std::string all;
  for (const std::string& n : names) {
    if (slash || n.starts_with('.')) return {404, "", false, ""};
    all += (all.empty() ? "" : "/") + n;
  }
  return {slash ? 404 : 0, slash ? "" : all.empty() ? "." : all, directory, ""};
}

TEST(Target, IsWhatTheBookSays) {
  const std::vector<std::string> pieces = {"/",   "/",  "a",    ".",   "..", "%2e",
                                           "%41", "b.", "/../", "/./", "c/d"};
  std::mt19937 lot(5);
  for (int i = 0; i < 50'000; ++i) {
    std::string target = "/";
    for (unsigned n = lot() % 8; n > 0; --n)
      target += pieces[lot() % pieces.size()];
    const resolved wanted = by_the_book(target);
    const resolved got = resolve(target);
    ASSERT_EQ(got.status, wanted.status) << target;
    if (got.status == 0) {
      ASSERT_EQ(got, wanted) << target;
    }
  }
}

TEST(UrlPath, IsReadBackAsItWas) {
  std::string all;
  for (int c = 1; c < 256; ++c)
    all += static_cast<char>(c);
  std::string name = all.substr(0, '/' - 1) + all.substr('/');
  char room[1024];
  text_out out(room);
  out.put('/');
  put_url_path(out, "x" + name);
  EXPECT_EQ(resolve(std::string(out.text())), file("x" + name));
  for (const char c : out.text())
    EXPECT_EQ(std::string_view("\"'<>&?#: ;").find(c), std::string_view::npos);
}

}  // namespace

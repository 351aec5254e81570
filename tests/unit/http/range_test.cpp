// Ranges: which parts of a file they name, and the frame around several.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "http/range.hpp"
#include "http/text_out.hpp"

namespace {

using namespace sluice::http;
using kind = byte_ranges::kind;
using list = std::vector<byte_range>;

list parts(const std::string& value, std::uint64_t size) {
  const byte_ranges r = byte_ranges::parse(value, size);
  EXPECT_EQ(r.what(), kind::partial) << value;
  return {r.list().begin(), r.list().end()};
}

kind what(const std::string& value, std::uint64_t size) {
  return byte_ranges::parse(value, size).what();
}

TEST(Range, IsOfOnePart) {
  EXPECT_EQ(parts("bytes=0-99", 1000), (list{{0, 100}}));
  EXPECT_EQ(parts("bytes=0-0", 1000), (list{{0, 1}}));
  EXPECT_EQ(parts("bytes=500-", 1000), (list{{500, 500}}));
  EXPECT_EQ(parts("bytes=999-5000", 1000), (list{{999, 1}}));
  EXPECT_EQ(parts("bytes=-1", 1000), (list{{999, 1}}));
  EXPECT_EQ(parts("bytes=-5000", 1000), (list{{0, 1000}}));
  EXPECT_EQ(parts("BYTES=0-", 1000), (list{{0, 1000}}));
  EXPECT_EQ(parts("bytes= \t0-1 ,", 1000), (list{{0, 2}}));
  EXPECT_EQ(parts("bytes=5-99999999999999999999999", 1000), (list{{5, 995}}));
}

TEST(Range, IsIgnoredIfItIsNone) {
  for (const char* value :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=5", "bytes=5-4", "bytes=a-b",
        "bytes=0-1,x", "bytes=0-1;2-3", "bytes=--1", "bytes=-1-2", "bytes=0--1", "bytes=1 -2",
        "lines=0-1", "bytes 0-1", " bytes=0-1", "bytes=+1-2", "bytes=0x0-1"}) {
    EXPECT_EQ(what(value, 1000), kind::whole) << value;
  }
}

TEST(Range, CanBeBeyondTheFile) {
  EXPECT_EQ(what("bytes=1000-", 1000), kind::unsatisfiable);
  EXPECT_EQ(what("bytes=99999999999999999999999-", 1000), kind::unsatisfiable);
  EXPECT_EQ(what("bytes=-0", 1000), kind::unsatisfiable);
  EXPECT_EQ(what("bytes=2000-3000,4000-", 1000), kind::unsatisfiable);
  EXPECT_EQ(what("bytes=0-", 0), kind::unsatisfiable);
  EXPECT_EQ(what("bytes=-0", 0), kind::unsatisfiable);
  EXPECT_EQ(what("bytes=-5", 0), kind::whole);
  EXPECT_EQ(parts("bytes=2000-,5-6", 1000), (list{{5, 2}}));
}

TEST(Range, KeepsTheOrderOfThoseApart) {
  EXPECT_EQ(parts("bytes=900-909,0-9,500-509", 1000), (list{{900, 10}, {0, 10}, {500, 10}}));
}

TEST(Range, BecomesOneWithThoseItTouches) {
  EXPECT_EQ(parts("bytes=0-9,10-19", 1000), (list{{0, 20}}));
  EXPECT_EQ(parts("bytes=10-19,0-9", 1000), (list{{0, 20}}));
  EXPECT_EQ(parts("bytes=0-9,5-7", 1000), (list{{0, 10}}));
  EXPECT_EQ(parts("bytes=0-9,11-19", 1000), (list{{0, 10}, {11, 9}}));
  EXPECT_EQ(parts("bytes=50-59,0-9,100-109,5-55", 1000), (list{{0, 60}, {100, 10}}));
  EXPECT_EQ(parts("bytes=0-,-1", 1000), (list{{0, 1000}}));
}

std::string many(int count) {
  std::string value = "bytes=0-0";
  for (int i = 1; i < count; ++i)
    value += "," + std::to_string(i * 2) + "-" + std::to_string(i * 2);
  return value;
}

TEST(Range, IsIgnoredBeyondSixteen) {
  EXPECT_EQ(parts(many(16), 1000).size(), 16u);
  EXPECT_EQ(what(many(17), 1000), kind::whole);
  std::string same = "bytes=0-0";
  for (int i = 0; i < 1000; ++i)
    same += ",0-0";
  EXPECT_EQ(what(same, 1000), kind::whole);
}

/// The bytes named, marked one by one.
TEST(Range, NamesEachByteOnce) {
  constexpr unsigned size = 40;
  std::mt19937 lot(7);
  for (int i = 0; i < 100'000; ++i) {
    std::string value = "bytes=";
    std::vector<int> wanted(size);
    for (unsigned n = 1 + lot() % 16; n > 0; --n) {
      unsigned first = lot() % (size + 4);
      unsigned last = first + lot() % 8;
      if (lot() % 4 == 0) {
        const unsigned suffix = lot() % 9;
        value += "-" + std::to_string(suffix) + ",";
        first = size - suffix;
        last = size - 1;
        if (suffix == 0) continue;
      } else {
        value += std::to_string(first) + "-" + std::to_string(last) + ",";
      }
      for (unsigned b = first; b <= last && b < size; ++b)
        wanted[b] = 1;
    }
    const byte_ranges r = byte_ranges::parse(value, size);
    std::vector<int> got(size);
    for (const byte_range& one : r.list()) {
      ASSERT_GT(one.size, 0u);
      for (std::uint64_t b = one.first; b < one.first + one.size; ++b)
        ++got.at(b);
    }
    ASSERT_EQ(got, wanted) << value;
    const bool any = std::ranges::find(wanted, 1) != wanted.end();
    ASSERT_EQ(r.what(), any ? kind::partial : kind::unsatisfiable) << value;
    for (const byte_range& a : r.list()) {
      for (const byte_range& b : r.list())
        ASSERT_NE(a.first + a.size, b.first) << value;
    }
  }
}

TEST(Range, IsTold) {
  char room[100];
  text_out out(room);
  put_content_range(out, {10, 5}, 1000);
  out.put('|');
  put_unsatisfied_range(out, 1000);
  EXPECT_EQ(out.text(), "bytes 10-14/1000|bytes */1000");
}

TEST(MultipartFrame, HasTheLengthItSays) {
  const std::string file = "0123456789abcdefghij";
  for (const std::string type : {"text/plain", ""}) {
    const multipart_frame frame("B0", type, file.size());
    const list ranges = parts("bytes=0-1,9-11,-1", file.size());
    char room[1000];
    text_out out(room);
    for (const byte_range& r : ranges) {
      frame.put_head(out, r);
      out.put(file.substr(r.first, r.size));
    }
    frame.put_end(out);
    EXPECT_EQ(out.size(), frame.length(ranges));
    const std::string typed = type.empty() ? "" : "Content-Type: " + type + "\r\n";
    EXPECT_EQ(out.text(), "\r\n--B0\r\n" + typed + "Content-Range: bytes 0-1/20\r\n\r\n01" +
                              "\r\n--B0\r\n" + typed + "Content-Range: bytes 9-11/20\r\n\r\n9ab" +
                              "\r\n--B0\r\n" + typed + "Content-Range: bytes 19-19/20\r\n\r\nj" +
                              "\r\n--B0--\r\n");
  }
}

}  // namespace

// Types by the ending of a name.
#include <gtest/gtest.h>

#include "http/mime_types.hpp"

namespace {

using sluice::http::mime_types;

constexpr std::string_view unknown = "application/octet-stream";

TEST(MimeTypes, AreKnownWithoutAFile) {
  const mime_types types;
  EXPECT_EQ(types.of("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(types.of("a/b/c.CSS"), "text/css; charset=utf-8");
  EXPECT_EQ(types.of("a.min.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(types.of("a.json"), "application/json");
  EXPECT_EQ(types.of("a.png"), "image/png");
  EXPECT_EQ(types.of("a.tar.gz"), "application/gzip");
}

TEST(MimeTypes, OfOtherNamesAreUnknown) {
  const mime_types types;
  for (const char* name : {"", "html", ".html", "a/.html", "a.", "a.unheard", "a.png/b", "a.png ",
                           "a.pngpngpngpngpngpngpngpngpng"}) {
    EXPECT_EQ(types.of(name), unknown) << name;
  }
}

TEST(MimeTypes, AreLoaded) {
  mime_types types;
  types.load(
      "# a comment\n"
      "application/x-lonely\n"
      "  application/x-one\t one  ONE1 # six\n"
      "text/x-two two\r\n"
      "image/x-mine png\n"
      "notype three\n"
      "bad/\x01 four\n"
      "application/x-last five");
  EXPECT_EQ(types.of("a.one"), "application/x-one");
  EXPECT_EQ(types.of("a.one1"), "application/x-one");
  EXPECT_EQ(types.of("a.two"), "text/x-two; charset=utf-8");
  EXPECT_EQ(types.of("a.png"), "image/x-mine");
  EXPECT_EQ(types.of("a.three"), unknown);
  EXPECT_EQ(types.of("a.six"), unknown);
  EXPECT_EQ(types.of("a.four"), unknown);
  EXPECT_EQ(types.of("a.five"), "application/x-last");
  EXPECT_EQ(types.of("a.jpg"), "image/jpeg");
}

}  // namespace

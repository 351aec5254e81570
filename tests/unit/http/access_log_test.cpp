// Lines of the access log hold what came, and nothing that could be taken for another line.
#include <gtest/gtest.h>

#include <string>

#include "http/access_log.hpp"

namespace {

using namespace sluice::http;
using namespace std::string_view_literals;

std::string logged(const log_entry& entry, std::size_t room = 4096) {
  std::string text(room, '?');
  text.resize(write_log_line(text, entry));
  return text;
}

TEST(AccessLog, IsInTheCommonFormat) {
  EXPECT_EQ(logged({"127.0.0.1", 784111777, "GET /a?b HTTP/1.1", 200, 1024}),
            "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b HTTP/1.1\" 200 1024\n");
  EXPECT_EQ(logged({"", 0, "", 400, 0}), "- - - [01/Jan/1970:00:00:00 +0000] \"-\" 400 0\n");
}

TEST(AccessLog, EscapesWhatCame) {
  const std::string line = logged({"::1", 0, "GET /\"\\\n\r\t\0\x1b[31m\x7f\xc3\xa9"sv, 400, 0});
  EXPECT_EQ(line,
            "::1 - - [01/Jan/1970:00:00:00 +0000] "
            "\"GET /\\\"\\\\\\x0a\\x0d\\x09\\x00\\x1b[31m\\x7f\\xc3\\xa9\" 400 0\n");
}

TEST(AccessLog, IsOneWholeLineHoweverLong) {
  for (const std::string_view piece : {"a", "\"", "\n"}) {
    std::string request;
    for (int i = 0; i < 9000; ++i)
      request += piece;
    const log_entry entry{"127.0.0.1", 0, request, 65535, UINT64_MAX};
    for (std::size_t room = shortest_log_room; room < shortest_log_room + 9; ++room) {
      const std::string line = logged(entry, room);
      ASSERT_FALSE(line.empty());
      EXPECT_TRUE(line.ends_with("...\" 65535 18446744073709551615\n")) << line;
      EXPECT_EQ(line.find('\n'), line.size() - 1);
      EXPECT_GT(line.size(), room - 40);
    }
  }
  EXPECT_EQ(logged({"p", 0, "x", 200, 0}, shortest_log_room - 1), "");
  EXPECT_EQ(logged({std::string(65, 'p'), 0, "x", 200, 0}), "");
  EXPECT_NE(logged({std::string(64, 'p'), 0, "x", 200, 0}, shortest_log_room), "");
}

}  // namespace

// Heads that are refused: each with its status, as a whole and byte by byte.
#include <gtest/gtest.h>

#include <string>

#include "http/request_head.hpp"

namespace {

using namespace sluice::http;
using namespace std::string_literals;

int refused_whole(const std::string& text, const head_limits& limits) {
  head_parser parser(limits);
  request_head head;
  const parse_result r = parser.parse({text.data(), text.size()}, head);
  return r.state == parse_state::failed ? r.status : -static_cast<int>(r.state);
}

int refused_in_bytes(const std::string& text, const head_limits& limits) {
  head_parser parser(limits);
  request_head head;
  for (std::size_t n = 1; n <= text.size(); ++n) {
    const parse_result r = parser.parse({text.data(), n}, head);
    if (r.state != parse_state::need_more) {
      return r.state == parse_state::failed ? r.status : -static_cast<int>(r.state);
    }
  }
  return 0;
}

void expect_status(int status, const std::string& text, const head_limits& limits = {}) {
  EXPECT_EQ(refused_whole(text, limits), status) << testing::PrintToString(text);
  EXPECT_EQ(refused_in_bytes(text, limits), status) << testing::PrintToString(text);
}

constexpr int complete = -static_cast<int>(parse_state::complete);

/// A whole request of 1.1 with these fields.
std::string with(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

TEST(RefusedHead, HasABadLine) {
  for (const char* line :
       {"GET  / HTTP/1.1", " GET / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", "GET /",
        "GET / ", "GET", "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/11", "GET / HTTP/1.1.",
        "GET / XTTP/1.1", "G(T / HTTP/1.1", "GET /a b HTTP/1.1", "GET\t/\tHTTP/1.1",
        "GET /\x01 HTTP/1.1", "GET /\x7f HTTP/1.1", "GET / HTTP/x.1", "\x16\x03\x01\x02"}) {
    expect_status(400, line + "\r\nHost: h\r\n\r\n"s);
  }
  expect_status(400, "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s);
}

TEST(RefusedHead, IsOfAnotherVersion) {
  expect_status(505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n");
  expect_status(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  expect_status(505, "GET / HTTP/1.2\r\nHost: h\r\n\r\n");
  expect_status(505, "GET / HTTP/0.9\r\nHost: h\r\n\r\n");
}

TEST(RefusedHead, HasLinesThatEndOtherwise) {
  expect_status(400, "GET / HTTP/1.1\nHost: h\n\r\n\r\n");
  expect_status(400, "GET / HTTP/1.1\r\nHost: h\n\r\n\r\n");
  expect_status(400, "GET / HTTP/1.1\rHost: h\r\r\n\r\n");
  expect_status(400, with("A: b\rC: d\r\n"));
  expect_status(400, with("A: b\nC: d\r\n"));
}

TEST(RefusedHead, HasBadFields) {
  expect_status(400, with("A : b\r\n"));
  expect_status(400, with(" A: b\r\n"));
  expect_status(400, with(": b\r\n"));
  expect_status(400, with("A\r\n"));
  expect_status(400, with("A(: b\r\n"));
  expect_status(400, with("A: \x01\r\n"));
  expect_status(400, with("A: \x7f\r\n"));
  expect_status(400, with("A: b\0c\r\n"s));
  expect_status(400, with("A\0: b\r\n"s));
  expect_status(complete, with("A: \x80\xff\t b\r\n"));
}

TEST(RefusedHead, IsFolded) {
  for (const char* fields :
       {"A: b\r\n c\r\n", "A: b\r\n\tc\r\n", "A:\r\n b\r\n", "A: \r\n \r\n b\r\n", "A: b\r\n \r\n",
        "A:\r\n \r\n", "Range: bytes=0-1\r\n ,3-4\r\n"}) {
    expect_status(400, with(fields));
  }
  expect_status(400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n");
  expect_status(400, with("A: b\r\n " + std::string(6000, 'c') + "\r\n"));
}

TEST(RefusedHead, IsFramedTwoWays) {
  expect_status(400, with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
  expect_status(400, with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"));
  expect_status(400, with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"));
  expect_status(400, with("Content-Length: 5\r\nTransfer-Encoding: identity\r\n"));
  expect_status(501, with("Transfer-Encoding: identity\r\nContent-Length: 5\r\n"));
  expect_status(400, with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
  expect_status(400, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char* coding :
       {"gzip, chunked", "chunked, gzip", "gzip", "x", "\"chunked\"", "chunked;a=b", ""}) {
    expect_status(501, with("Transfer-Encoding: "s + coding + "\r\n"));
  }
}

TEST(RefusedHead, HasAnOddLength) {
  for (const char* length : {"", "-1", "+1", "1 2", "0x10", "1.0", "1,1", "1, 2", "a", "1a",
                             "18446744073709551616", "99999999999999999999999", "\"1\""}) {
    expect_status(400, with("Content-Length: "s + length + "\r\n"));
  }
  expect_status(400, with("Content-Length: 5\r\nContent-Length: 5\r\n"));
  expect_status(400, with("Content-Length: 5\r\nContent-Length: 6\r\n"));
}

TEST(RefusedHead, LacksAHostOrHasTwo) {
  expect_status(400, "GET / HTTP/1.1\r\n\r\n");
  expect_status(complete, "GET / HTTP/1.0\r\n\r\n");
  expect_status(complete, "GET / HTTP/1.1\r\nHost:\r\n\r\n");
  expect_status(400, "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n");
  for (const char* host : {"a b", "a/b", "a@b", "a,\"b", "<h>", "h\x80"}) {
    expect_status(400, "GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n");
  }
  for (const char* host : {"h", "h:80", "[::1]:80", "127.0.0.1", "a_b.example", "%41"}) {
    expect_status(complete, "GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n");
  }
}

TEST(RefusedHead, SaysTwiceWhatDecides) {
  for (const char* name : {"Range", "If-Range", "If-Modified-Since", "If-Unmodified-Since"}) {
    expect_status(complete, with(name + ": x\r\n"s));
    expect_status(400, with(name + ": x\r\n"s + name + ": x\r\n"));
  }
  const std::string tags = "If-None-Match: \"1\"\r\n";
  expect_status(complete, with(tags + tags + tags + tags));
  expect_status(431, with(tags + tags + tags + tags + tags));
}

TEST(RefusedHead, ExpectsWhatIsUnknown) {
  expect_status(417, with("Expect: 200-ok\r\n"));
  expect_status(complete, with("Expect: 100-continue\r\n"));
}

TEST(RefusedHead, IsTooLarge) {
  const head_limits limits{.head = 200, .target = 50, .fields = 3};
  const auto target = [](std::size_t n) {
    return "GET /" + std::string(n - 1, 'a') + " HTTP/1.0\r\n\r\n";
  };
  expect_status(complete, target(50), limits);
  expect_status(414, target(51), limits);
  expect_status(414, "GET /" + std::string(500, 'a'), limits);
  const std::string begin = "GET / HTTP/1.0\r\nA: ";
  const auto sized = [&](std::size_t n) {
    return begin + std::string(n - begin.size() - 4, 'b') + "\r\n\r\n";
  };
  expect_status(complete, sized(200), limits);
  expect_status(431, sized(201), limits);
  expect_status(431, sized(2000), limits);
  expect_status(complete, "GET / HTTP/1.0\r\nA: b\r\nA: b\r\nA: b\r\n\r\n", limits);
  expect_status(431, "GET / HTTP/1.0\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n", limits);
}

TEST(RefusedHead, IsToldAsSoonAsItsLineIsThere) {
  head_parser parser;
  request_head head;
  const std::string text = "GET / HTTP/3.0\r\nHost";
  parse_result r;
  std::size_t n = 0;
  while (r.state == parse_state::need_more && n < text.size())
    r = parser.parse({text.data(), ++n}, head);
  EXPECT_EQ(r.status, 505);
  EXPECT_LE(n, text.find('\n') + 1);
  EXPECT_EQ(head.line, "GET / HTTP/3.0");
}

TEST(RefusedHead, HasALineTooShort) {
  for (const char* line : {"GET / \r\n", "GET / e\r\n\r\n", "GET / HTTP\r\n", "\r\nGET / H\r\n"}) {
    expect_status(400, line);
  }
}

TEST(RefusedHead, LeavesTheParserReady) {
  head_parser parser;
  request_head head;
  const std::string bad = "GET / HTTP/3.0\r\n\r\n";
  const std::string good = "GET / HTTP/1.0\r\n\r\n";
  EXPECT_EQ(parser.parse({bad.data(), bad.size()}, head).state, parse_state::failed);
  EXPECT_EQ(parser.parse({good.data(), good.size()}, head).state, parse_state::complete);
}

}  // namespace

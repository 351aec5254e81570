// Heads of requests that are served: what is read from them, however they come in.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/request_head.hpp"

namespace {

using namespace sluice::http;
using namespace std::string_literals;

struct parsed {
  parse_result result;
  request_head head;
};

parsed parse(const std::string& text, const head_limits& limits = {}) {
  parsed p;
  head_parser parser(limits);
  p.result = parser.parse({text.data(), text.size()}, p.head);
  return p;
}

const std::string browser =
    "GET /a/b?c=d HTTP/1.1\r\n"
    "Host: www.example.org:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    "Accept:*/*\r\n"
    "If-None-Match:\t\"1\", W/\"2\" \t\r\n"
    "if-none-match: \"3\"\r\n"
    "IF-MATCH: *\r\n"
    "Range: bytes=0-5\r\n"
    "If-Range: \"1\"\r\n"
    "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "If-Unmodified-Since: Mon, 07 Nov 1994 08:49:37 GMT\r\n"
    "Empty:\r\n"
    "\r\n";

TEST(RequestHead, GivesLineAndFields) {
  const std::string text = browser;
  request_head head;
  head_parser parser;
  const parse_result r = parser.parse({text.data(), text.size()}, head);
  ASSERT_EQ(r.state, parse_state::complete);
  EXPECT_EQ(r.consumed, text.size());
  EXPECT_EQ(head.method, verb::get);
  EXPECT_EQ(head.method_name, "GET");
  EXPECT_EQ(head.line, "GET /a/b?c=d HTTP/1.1");
  EXPECT_EQ(head.target, "/a/b?c=d");
  EXPECT_TRUE(head.minor_version_1);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_EQ(head.body, body_kind::none);
  EXPECT_EQ(head.host, "www.example.org:8080");
  EXPECT_EQ(head.range, "bytes=0-5");
  EXPECT_EQ(head.if_range, "\"1\"");
  EXPECT_EQ(head.if_modified_since, "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(head.if_unmodified_since, "Mon, 07 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(std::vector(head.if_none_match.begin(), head.if_none_match.end()),
            (std::vector<std::string_view>{"\"1\", W/\"2\"", "\"3\""}));
  EXPECT_EQ(std::vector(head.if_match.begin(), head.if_match.end()),
            std::vector<std::string_view>{"*"});
}

TEST(RequestHead, ComesInPiecesOfAnySize) {
  const std::string text = browser;
  for (std::size_t first = 0; first < text.size(); ++first) {
    head_parser parser;
    request_head head;
    ASSERT_EQ(parser.parse({text.data(), first}, head).state, parse_state::need_more) << first;
    const parse_result r = parser.parse({text.data(), text.size()}, head);
    ASSERT_EQ(r.state, parse_state::complete) << first;
    ASSERT_EQ(r.consumed, text.size());
    ASSERT_EQ(head.target, "/a/b?c=d");
    ASSERT_EQ(head.if_unmodified_since, "Mon, 07 Nov 1994 08:49:37 GMT");
  }
}

TEST(RequestHead, ComesByteByByteIntoABufferThatMoves) {
  head_parser parser;
  for (int again = 0; again < 2; ++again) {
    std::string came;
    request_head head;
    for (std::size_t i = 0; i < browser.size(); ++i) {
      std::string elsewhere = came + browser[i];
      came.swap(elsewhere);
      const parse_result r = parser.parse({came.data(), came.size()}, head);
      const bool last = i + 1 == browser.size();
      ASSERT_EQ(r.state, last ? parse_state::complete : parse_state::need_more) << i;
    }
    EXPECT_EQ(head.range, "bytes=0-5");
  }
}

TEST(RequestHead, LeavesWhatFollows) {
  std::string text;
  for (int i = 0; i < 10; ++i)
    text += "HEAD /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  head_parser parser;
  std::string_view rest = text;
  for (int i = 0; i < 10; ++i) {
    request_head head;
    const parse_result r = parser.parse({rest.data(), rest.size()}, head);
    ASSERT_EQ(r.state, parse_state::complete);
    EXPECT_EQ(head.target, "/" + std::to_string(i));
    EXPECT_EQ(head.method, verb::head);
    rest.remove_prefix(r.consumed);
  }
  EXPECT_TRUE(rest.empty());
}

TEST(RequestHead, SkipsEmptyLinesBeforeIt) {
  const std::string head = "GET / HTTP/1.0\r\n\r\n";
  EXPECT_EQ(parse("\r\n" + head).result.consumed, head.size() + 2);
  EXPECT_EQ(parse("\r\n\r\n\r\n" + head).result.consumed, head.size() + 6);
  EXPECT_EQ(parse("\r").result.state, parse_state::need_more);
  EXPECT_EQ(parse("\r\n\r").result.state, parse_state::need_more);
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "\r\n";
  EXPECT_EQ(parse(many + head).result.status, 400);
  EXPECT_EQ(parse("\rGET / HTTP/1.0\r\n\r\n").result.status, 400);
}

TEST(RequestHead, TellsWhetherTheConnectionStays) {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    const parsed p = parse("GET / " + version + "\r\nHost: h\r\n" + fields + "\r\n");
    EXPECT_EQ(p.result.state, parse_state::complete) << fields;
    return p.head.keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: TE, Close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: x\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(RequestHead, TellsOfBodies) {
  const auto with = [](const std::string& fields) {
    return parse("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\nGET /smuggled HTTP/1.1\r\n\r\n");
  };
  parsed p = with("Content-Length: 24\r\n");
  EXPECT_EQ(p.head.body, body_kind::sized);
  EXPECT_EQ(p.head.content_length, 24u);
  EXPECT_EQ(p.result.consumed, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 24\r\n\r\n"s.size());
  EXPECT_EQ(with("Content-Length: 0\r\n").head.body, body_kind::none);
  EXPECT_EQ(with("Content-Length: 18446744073709551615\r\n").head.content_length, UINT64_MAX);
  p = with("Transfer-Encoding: Chunked\r\nExpect: 100-Continue\r\n");
  EXPECT_EQ(p.head.body, body_kind::chunked);
  EXPECT_TRUE(p.head.expects_continue);
}

TEST(RequestHead, KnowsMethods) {
  const auto method = [](const std::string& name) {
    return parse(name + " / HTTP/1.1\r\nHost: h\r\n\r\n").head.method;
  };
  EXPECT_EQ(method("GET"), verb::get);
  EXPECT_EQ(method("HEAD"), verb::head);
  for (const char* known : {"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH"}) {
    EXPECT_EQ(method(known), verb::not_allowed) << known;
  }
  for (const char* other : {"get", "Get", "GETS", "BREW"})
    EXPECT_EQ(method(other), verb::unknown) << other;
}

}  // namespace

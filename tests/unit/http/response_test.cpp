// What is sent before a body: heads, chunks, and the small pages.
#include <gtest/gtest.h>

#include <string>

#include "http/chunked.hpp"
#include "http/response_head.hpp"
#include "http/text_out.hpp"

namespace {

using namespace sluice::http;

std::string written(const response_head& head) {
  char room[1024];
  return {room, write_head(room, head)};
}

TEST(ResponseHead, OfAFile) {
  EXPECT_EQ(written({.length = 1024,
                     .date = "Sun, 06 Nov 1994 08:49:37 GMT",
                     .server = "sluice",
                     .type = "text/css",
                     .tag = "\"1-2-3\"",
                     .last_modified = "Sat, 05 Nov 1994 08:49:37 GMT"}),
            "HTTP/1.1 200 OK\r\n"
            "Server: sluice\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/css\r\n"
            "Content-Length: 1024\r\n"
            "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\r\n"
            "ETag: \"1-2-3\"\r\n\r\n");
}

TEST(ResponseHead, OfOneRange) {
  const byte_range range{10, 5};
  EXPECT_EQ(
      written(
          {.status = 206, .accepts_ranges = true, .length = 5, .range = &range, .file_size = 100}),
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nAccept-Ranges: bytes\r\n"
      "Content-Range: bytes 10-14/100\r\n\r\n");
}

TEST(ResponseHead, OfSeveralRanges) {
  const multipart_frame frame("b", "text/css", 100);
  EXPECT_EQ(
      written({.status = 206, .length = 7, .type = "text/css", .parts = &frame, .file_size = 100}),
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 7\r\n"
      "Content-Type: multipart/byteranges; boundary=b\r\n\r\n");
}

TEST(ResponseHead, OfOtherAnswers) {
  EXPECT_EQ(written({.status = 304, .body = framing::none, .tag = "\"1\""}),
            "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
  EXPECT_EQ(written({.status = 416, .file_size = 9}),
            "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\nContent-Range: bytes "
            "*/9\r\n\r\n");
  EXPECT_EQ(written({.status = 301, .close = true, .location = "/a/"}),
            "HTTP/1.1 301 Moved Permanently\r\nContent-Length: 0\r\nLocation: /a/\r\nConnection: "
            "close\r\n\r\n");
  EXPECT_EQ(written({.status = 405, .tell_keep_alive = true, .allow = "GET, HEAD"}),
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nAllow: GET, HEAD\r\n"
            "Connection: keep-alive\r\n\r\n");
  EXPECT_EQ(written({.body = framing::chunked, .policy = "default-src 'none'"}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
            "Content-Security-Policy: default-src 'none'\r\n\r\n");
  EXPECT_EQ(written({.body = framing::closing, .close = true}),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

TEST(ResponseHead, NeedsRoom) {
  const response_head head{.length = 5, .date = "now", .type = "text/css"};
  const std::size_t needed = written(head).size();
  char room[1024];
  for (std::size_t n = 0; n < needed; ++n)
    EXPECT_EQ(write_head({room, n}, head), 0u) << n;
  EXPECT_EQ(write_head({room, needed}, head), needed);
}

TEST(StatusPage, SaysTheStatus) {
  char room[512];
  const std::string page(room, write_status_page(room, 404));
  EXPECT_NE(page.find("<h1>404 Not Found</h1>"), page.npos);
  for (int status = 100; status < 600; ++status) {
    EXPECT_GT(write_status_page(room, status), 0u);
    EXPECT_FALSE(reason(status).empty());
  }
  EXPECT_EQ(write_status_page({room, 10}, 404), 0u);
}

TEST(ChunkFrame, IsMadeInPlace) {
  std::string all;
  for (const std::size_t size : {1u, 15u, 16u, 4096u}) {
    std::string buffer(chunk_frame::before + size + chunk_frame::after, 'd');
    const std::size_t n = chunk_frame::close(buffer, size);
    EXPECT_EQ(n, buffer.size());
    EXPECT_EQ(std::stoul(buffer.substr(0, 8), nullptr, 16), size);
    EXPECT_EQ(buffer, buffer.substr(0, 8) + "\r\n" + std::string(size, 'd') + "\r\n");
  }
  EXPECT_EQ(chunk_frame::last, "0\r\n\r\n");
}

TEST(TextOut, LeavesOutWholePieces) {
  char room[6];
  text_out out(room);
  out.put("abc").put("defg").put("h");
  EXPECT_TRUE(out.full());
  EXPECT_EQ(out.text(), "abc");
  out.back_to(2);
  EXPECT_FALSE(out.full());
  out.number(1234);
  EXPECT_EQ(out.text(), "ab1234");
  EXPECT_EQ(out.room(), 0u);
  EXPECT_FALSE(out.full());
}

}  // namespace

// What a request costs beside its I/O: no allocation. This program replaces malloc.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "http/access_log.hpp"
#include "http/conditions.hpp"
#include "http/date.hpp"
#include "http/listing.hpp"
#include "http/mime_types.hpp"
#include "http/request_head.hpp"
#include "http/response_head.hpp"
#include "http/target.hpp"

namespace {

std::uint64_t allocated = 0;

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);

void* malloc(std::size_t n) {
  ++allocated;
  return __libc_malloc(n);
}
}

namespace {

using namespace sluice::http;

const std::string request =
    "GET /a/b.html?c HTTP/1.1\r\nHost: www.example.org:8080\r\nUser-Agent: Mozilla/5.0\r\n"
    "Accept: */*\r\nConnection: keep-alive, x\r\nRange: bytes=0-5,10-20\r\nIf-None-Match: \"1\", "
    "W/\"2\"\r\n"
    "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";

/// All that there is to do for a request but its I/O. Returns the bytes of the answer's head.
std::size_t answer(const mime_types& types, date_cache& dates, head_parser& parser,
                   std::string_view text) {
  request_head head;
  if (parser.parse({text.data(), text.size()}, head).state != parse_state::complete) return 0;
  char path[4096];
  const resolved_target target = resolve_target(head.target, path);
  const file_facts file{.size = 1024, .modified_ns = 784111777'000000000, .inode = 5};
  const entity_tag tag(file);
  const selection chosen = select(head, file, tag.text(), 1'000'000'000);
  char modified[date_size];
  write_date(modified_seconds(file), modified);
  const std::string_view type = types.of(target.path);
  const multipart_frame frame("boundary", type, file.size);
  char room[1024];
  const std::size_t size = write_head(room, {.status = chosen.status,
                                             .length = frame.length(chosen.ranges.list()),
                                             .date = dates.text(1'000'000'000),
                                             .server = "sluice",
                                             .tag = tag.text(),
                                             .last_modified = {modified, date_size},
                                             .parts = &frame,
                                             .file_size = file.size});
  char line[1024];
  return chosen.status == 206 ? size + write_log_line(line, {"::1", 5, head.line, 206, 17}) : 0;
}

TEST(HttpAllocations, OfARequestAreNone) {
  const mime_types types;
  date_cache dates;
  head_parser parser;
  const std::size_t size = answer(types, dates, parser, request);
  ASSERT_GT(size, 200u);
  const std::uint64_t before = allocated;
  ASSERT_GT(before, 0u);
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(answer(types, dates, parser, request), size);
  EXPECT_EQ(allocated, before);
}

TEST(HttpAllocations, OfARefusalAreNone) {
  head_parser parser;
  request_head head;
  const std::uint64_t before = allocated;
  for (const std::string_view text :
       {"GET / HTTP/3.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n A: b\r\n\r\n"}) {
    const parse_result r = parser.parse({text.data(), text.size()}, head);
    char page[512];
    ASSERT_EQ(r.state, parse_state::failed);
    ASSERT_GT(write_status_page(page, r.status), 0u);
  }
  EXPECT_EQ(allocated, before);
}

TEST(HttpAllocations, OfAListingAreNone) {
  static const listing_entry entries[] = {{"a", true, 0, 0}, {"b", false, 5, 5}};
  static char room[listing_page::least_room];
  const std::uint64_t before = allocated;
  listing_page page("x", entries, {});
  const std::size_t size = page.write(room);
  EXPECT_EQ(allocated, before);
  EXPECT_GT(size, 1000u);
}

}  // namespace

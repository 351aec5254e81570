// Parses a request again and again, for the count of instructions. Usage: http_head COUNT
// plain|browser
#include <cstdlib>
#include <string_view>

#include "http/request_head.hpp"

namespace {

constexpr std::string_view plain =
    "GET /files/1k.bin HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench/1.0\r\nAccept: "
    "*/*\r\n\r\n";

constexpr std::string_view browser =
    "GET /files/1k.bin HTTP/1.1\r\nHost: www.example.org:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\nSec-Fetch-User: ?1\r\nPriority: u=0, i\r\n"
    "If-None-Match: \"400-18abc-1234\"\r\n\r\n";

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string_view text = argv[2] == std::string_view("browser") ? browser : plain;
  sluice::http::head_parser parser;
  sluice::http::request_head head;
  for (long n = std::atol(argv[1]); n > 0; --n) {
    const auto r = parser.parse({text.data(), text.size()}, head);
    if (r.state != sluice::http::parse_state::complete || r.consumed != text.size()) return 1;
  }
  return 0;
}

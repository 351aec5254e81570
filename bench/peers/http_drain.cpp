// A client that asks for one file over and over and throws away what comes, so that a server's core is
// busy before this one's is: TCP drops the bytes for it (MSG_TRUNC), where wrk copies them. It checks that
// each answer is 200 and as long as it says. Usage: http_drain ADDRESS PORT PATH CLIENTS SECONDS
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

struct client {
  int fd;
  std::uint64_t left = 0;  // of the body
  std::string head;        // until it is whole
};

std::string request;
std::uint64_t answered = 0, received = 0;
char never_touched[1 << 20];

[[noreturn]] void fail(const char* what, const char* why) {
  std::fprintf(stderr, "http_drain: %s: %s\n", what, why);
  std::exit(1);
}

unsigned number(const char* word) {
  unsigned n = 0;
  const auto [end, wrong] = std::from_chars(word, word + std::strlen(word), n);
  if (wrong != std::errc() || *end != '\0' || n == 0) fail(word, "not a number above 0");
  return n;
}

void ask(const client& c) {
  const ssize_t n = send(c.fd, request.data(), request.size(), MSG_NOSIGNAL);
  if (n != static_cast<ssize_t>(request.size())) fail("send", n < 0 ? std::strerror(errno) : "cut short");
}

std::uint64_t length_in(std::string_view head) {
  constexpr std::string_view field = "Content-Length: ";
  const std::size_t at = head.find(field);
  std::uint64_t length = 0;
  if (!head.starts_with("HTTP/1.1 200 ") || at == head.npos) fail("answer", "not 200 with a Content-Length");
  std::from_chars(head.data() + at + field.size(), head.data() + head.size(), length);
  return length;
}

/// How much it is, 0 if nothing is there.
std::size_t receive(const client& c, char* into, std::size_t most, int how) {
  const ssize_t n = recv(c.fd, into, most, how | MSG_DONTWAIT);
  if (n == 0) fail("answer", "the server closed the connection");
  if (n < 0 && errno != EAGAIN) fail("recv", std::strerror(errno));
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

/// What came of the head and maybe behind it. False: nothing is there.
bool take_head(client& c) {
  char some[1024];
  const std::size_t n = receive(c, some, sizeof some, 0);
  if (n == 0) return false;
  c.head.append(some, n);
  const std::size_t end = c.head.find("\r\n\r\n");
  if (end == c.head.npos) return true;
  const std::uint64_t length = length_in(std::string_view(c.head).substr(0, end + 2));
  const std::uint64_t body = c.head.size() - end - 4;
  if (length == 0 || body > length) fail("answer", "not as long as it says");
  c.left = length - body;
  received += body;
  c.head.clear();
  return true;
}

bool take_body(client& c) {
  const std::size_t most = std::min<std::uint64_t>(c.left, sizeof never_touched);
  const std::size_t n = receive(c, never_touched, most, MSG_TRUNC);
  c.left -= n;
  received += n;
  return n > 0;
}

/// To the end of an answer at most, so that everybody has a turn.
void come(client& c) {
  while (c.left > 0 ? take_body(c) : take_head(c)) {
    if (c.left > 0 || !c.head.empty()) continue;
    ++answered;
    ask(c);
    return;
  }
}

int connected(const char* address, unsigned port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, address, &to.sin_addr) != 1) fail(address, "not an IPv4 address");
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    fail("connect", std::strerror(errno));
  }
  return fd;
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) fail("usage", "http_drain ADDRESS PORT PATH CLIENTS SECONDS");
  request = std::string("GET /") + words[3] + " HTTP/1.1\r\nHost: " + words[1] + "\r\n\r\n";
  const unsigned clients = number(words[4]);
  const auto end = clock_type::now() + std::chrono::seconds(number(words[5]));
  const int ready = epoll_create1(EPOLL_CLOEXEC);
  std::vector<client> all;
  all.reserve(clients);
  for (unsigned i = 0; i < clients; ++i) {
    all.push_back({connected(words[1], number(words[2])), 0, {}});
    epoll_event want{EPOLLIN, {.ptr = &all.back()}};
    if (epoll_ctl(ready, EPOLL_CTL_ADD, all.back().fd, &want) != 0) fail("epoll_ctl", std::strerror(errno));
  }
  for (const client& c : all) ask(c);
  while (clock_type::now() < end) {
    epoll_event some[64];
    const int n = epoll_wait(ready, some, 64, 1000);
    if (n < 0 && errno != EINTR) fail("epoll_wait", std::strerror(errno));
    for (int i = 0; i < n; ++i) come(*static_cast<client*>(some[i].data.ptr));
  }
  std::printf("%llu requests in %s s, %llu bytes\n", static_cast<unsigned long long>(answered), words[5],
              static_cast<unsigned long long>(received));
}

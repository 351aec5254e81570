// An echo server on libuv, as its users write one that allocates nothing per message: a client is one
// object with its buffer, its write request and its handle. Usage: echo_uv PORT
#include <uv.h>

#include <cstdio>
#include <cstdlib>

namespace {

struct client {
  uv_tcp_t socket;
  uv_write_t request;
  char buffer[4096];
};

void gone(uv_handle_t* h) {
  delete static_cast<client*>(h->data);
}

void lend(uv_handle_t* h, size_t, uv_buf_t* into) {
  auto* c = static_cast<client*>(h->data);
  *into = uv_buf_init(c->buffer, sizeof c->buffer);
}

void came(uv_stream_t* s, ssize_t n, const uv_buf_t*);

/// Only now is the buffer free again.
void sent(uv_write_t* request, int status) {
  auto* c = static_cast<client*>(request->data);
  auto* s = reinterpret_cast<uv_stream_t*>(&c->socket);
  if (status < 0) return uv_close(reinterpret_cast<uv_handle_t*>(s), gone);
  uv_read_start(s, lend, came);
}

/// What can be sent at once is, without a request; that is the usual case, and libuv's fastest way.
void came(uv_stream_t* s, ssize_t n, const uv_buf_t*) {
  if (n == 0) return;
  if (n < 0) return uv_close(reinterpret_cast<uv_handle_t*>(s), gone);
  auto* c = static_cast<client*>(s->data);
  uv_buf_t whole = uv_buf_init(c->buffer, static_cast<unsigned>(n));
  const int done = uv_try_write(s, &whole, 1);
  if (done == n) return;
  if (done > 0) whole = uv_buf_init(c->buffer + done, static_cast<unsigned>(n - done));
  uv_read_stop(s);
  c->request.data = c;
  if (uv_write(&c->request, s, &whole, 1, sent) != 0) uv_close(reinterpret_cast<uv_handle_t*>(s), gone);
}

void arrived(uv_stream_t* door, int status) {
  if (status < 0) return;
  auto* c = new client;
  uv_tcp_init(door->loop, &c->socket);
  c->socket.data = c;
  auto* s = reinterpret_cast<uv_stream_t*>(&c->socket);
  if (uv_accept(door, s) != 0) return uv_close(reinterpret_cast<uv_handle_t*>(s), gone);
  uv_tcp_nodelay(&c->socket, 1);
  uv_read_start(s, lend, came);
}

}  // namespace

int main(int argc, char** argv) {
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t door;
  sockaddr_in at{};
  uv_ip4_addr("0.0.0.0", argc > 1 ? std::atoi(argv[1]) : 7777, &at);
  uv_tcp_init(loop, &door);
  if (uv_tcp_bind(&door, reinterpret_cast<sockaddr*>(&at), 0) != 0) return 1;
  if (uv_listen(reinterpret_cast<uv_stream_t*>(&door), 4096, arrived) != 0) return 1;
  std::puts("listening");
  std::fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}

// An echo server on Boost.Asio: one thread, a client is one object, and its handlers' memory lies in it,
// so that nothing is allocated per message. Usage: echo_asio PORT
#include <boost/asio.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using context = asio::io_context;

/// Room for the one handler that a client has at a time.
struct handler_room {
  alignas(std::max_align_t) std::byte memory[256];
  bool taken = false;
};

template <class T>
struct from_room {
  using value_type = T;
  handler_room* room;

  explicit from_room(handler_room& r) : room(&r) {}
  template <class U>
  from_room(const from_room<U>& other) : room(other.room) {}
  T* allocate(std::size_t n) {
    if (room->taken || n * sizeof(T) > sizeof room->memory) throw std::bad_alloc();
    room->taken = true;
    return reinterpret_cast<T*>(room->memory);
  }
  void deallocate(T*, std::size_t) { room->taken = false; }
  friend bool operator==(const from_room& a, const from_room& b) { return a.room == b.room; }
};

class client {
 public:
  explicit client(tcp::socket s) : socket_(std::move(s)) {
    socket_.set_option(tcp::no_delay(true));
    read();
  }

 private:
  /// What comes next, with its memory in the client.
  template <class Then>
  struct handler {
    using allocator_type = from_room<char>;
    allocator_type get_allocator() const { return allocator_type(of->room_); }
    void operator()(boost::system::error_code failed, std::size_t n) {
      if (failed) return delete of;
      then(*of, n);
    }
    client* of;
    Then then;
  };
  template <class Then>
  handler<Then> next(Then then) {
    return {this, then};
  }

  void read() {
    socket_.async_read_some(asio::buffer(buffer_), next([](client& c, std::size_t n) { c.write(n); }));
  }
  void write(std::size_t n) {
    asio::async_write(socket_, asio::buffer(buffer_, n), next([](client& c, std::size_t) { c.read(); }));
  }

  tcp::socket socket_;
  handler_room room_;
  char buffer_[4096];
};

void take(tcp::acceptor& door) {
  door.async_accept([&door](boost::system::error_code failed, tcp::socket s) {
    if (!failed) new client(std::move(s));  // deletes itself when it has gone
    take(door);
  });
}

}  // namespace

int main(int argc, char** argv) {
  context loop(1);  // one thread: no locks
  const int port = argc > 1 ? std::atoi(argv[1]) : 7777;
  tcp::acceptor door(loop, tcp::endpoint(tcp::v4(), static_cast<unsigned short>(port)));
  door.listen(4096);
  take(door);
  std::puts("listening");
  std::fflush(stdout);
  loop.run();
}

// Sluice inside Boost.Asio: an io_context watches the loop's descriptor and its next deadline. A
// coroutine of Asio's awaits operations of Sluice's through a completion token.
//
// Output: Asio's coroutine read 4096 bytes with Sluice between 3 of its own timers, and slept 2 times there
#include <sluice/sluice.hpp>

// Boost 1.74 does not know that clang has coroutines by now.
#define BOOST_ASIO_HAS_CO_AWAIT
#define BOOST_ASIO_HAS_STD_COROUTINE
#include <boost/asio.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

class sluice_in_asio {
 public:
  explicit sluice_in_asio(asio::io_context& outer)
      : readable_(outer, inner.native_handle()), deadline_(outer) {
    listen();
  }
  ~sluice_in_asio() { readable_.release(); }  // the descriptor is the loop's

  void stop() {
    readable_.cancel();
    deadline_.cancel();
    stopped_ = true;
  }

  // Once at the beginning, and after anything that was begun from outside.
  void turn() {
    inner.run_once(0);
    const sluice::time_point_ns next = inner.next_deadline();
    if (next == sluice::never || stopped_) {
      deadline_.cancel();
      return;
    }
    deadline_.expires_after(std::chrono::nanoseconds(next == 0 ? 0 : next - inner.now()));
    deadline_.async_wait([this](boost::system::error_code failed) {
      if (!failed) turn();
    });
  }

  sluice::loop inner;

 private:
  void listen() {
    readable_.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code failed) {
      if (failed || stopped_) return;
      turn();
      listen();
    });
  }

  asio::posix::stream_descriptor readable_;
  asio::steady_timer deadline_;
  bool stopped_ = false;
};

// An operation and what Asio wants to be called at its end. `Make` makes the operation in place:
// operations do not move.
template <class Make, class Handler>
class pending {
 public:
  pending(sluice::loop& home, Make make, Handler handler)
      : operation_(make()), handler_(std::move(handler)), work_(asio::make_work_guard(handler_)) {
    operation_.waiter = this;
    if (operation_.begin(home, nullptr, ended)) ended(operation_);
  }

 private:
  static void ended(sluice::job& j) noexcept {
    auto* const self = static_cast<pending*>(static_cast<sluice::operation&>(j).waiter);
    auto call = [h = std::move(self->handler_), r = self->operation_.await_resume()]() mutable {
      std::move(h)(std::move(r));
    };
    auto executor = self->work_.get_executor();
    delete self;
    asio::post(executor, std::move(call));  // never from inside the loop's turn
  }

  decltype(std::declval<Make&>()()) operation_;
  Handler handler_;
  asio::executor_work_guard<asio::associated_executor_t<Handler>> work_;
};

template <class Make, class Token>
auto async_sluice(sluice_in_asio& in, Make make, Token&& token) {
  using result = decltype(make().await_resume());
  return asio::async_initiate<Token, void(result)>(
      [&in, make](auto handler) {
        new pending<Make, decltype(handler)>(in.inner, make, std::move(handler));
        in.turn();
      },
      token);
}

struct outcome {
  std::size_t bytes = 0;
  int timers = 0, naps = 0;
};

asio::awaitable<void> work(sluice_in_asio& in, outcome& out) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  sluice::dir here = sluice::system().current_dir();
  const auto open = [&] { return here.open("/dev/zero", sluice::open_mode::read); };
  auto file = co_await async_sluice(in, open, asio::use_awaitable);
  std::array<std::byte, 2048> block;
  const auto read = [&] { return file->read_exact_at(block, 0); };
  const auto nap = [] { return sluice::system().sleep(2'000'000); };
  for (int i = 0; i < 2 && file; ++i) {
    timer.expires_after(1ms);
    co_await timer.async_wait(asio::use_awaitable);
    ++out.timers;
    auto got = co_await async_sluice(in, read, asio::use_awaitable);
    out.bytes += got.done;
    auto slept = co_await async_sluice(in, nap, asio::use_awaitable);
    if (slept) ++out.naps;
  }
  timer.expires_after(1ms);
  co_await timer.async_wait(asio::use_awaitable);
  ++out.timers;
  in.stop();
}

int main() {
  asio::io_context outer;
  sluice_in_asio in(outer);
  outcome out;
  in.turn();
  asio::co_spawn(outer, work(in, out), asio::detached);
  outer.run();
  std::printf("Asio's coroutine read %zu bytes with Sluice between %d of its own timers, and slept %d times "
              "there\n",
              out.bytes, out.timers, out.naps);
}

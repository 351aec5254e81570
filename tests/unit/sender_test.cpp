// Operations as senders, connected to a small receiver written by hand.
#include "sluice/integration/sender.hpp"

#include <stop_token>
#include <thread>

#include "unit/support.hpp"

namespace {

using namespace unit;
namespace ex = sluice::execution;

/// What a receiver was told.
struct told {
  int values = 0, errors = 0, stops = 0;
  std::size_t number = 0;
  sluice::error why;
  bool any() const { return values + errors + stops > 0; }
};

struct stoppable_env {
  std::stop_token token;
  std::stop_token query(const ex::get_stop_token_t&) const noexcept { return token; }
};

struct plain_receiver {
  using receiver_concept = ex::receiver_t;
  told* to;
  void set_value() && noexcept { ++to->values; }
  void set_value(std::size_t n) && noexcept {
    ++to->values;
    to->number = n;
  }
  void set_value(sluice::transfer_result r) && noexcept {
    ++to->values;
    to->number = r.done;
  }
  void set_error(sluice::error e) && noexcept {
    ++to->errors;
    to->why = e;
  }
  void set_stopped() && noexcept { ++to->stops; }
};

struct stoppable_receiver : plain_receiver {
  std::stop_token token;
  stoppable_receiver(told& t, std::stop_token s) : plain_receiver{&t}, token(std::move(s)) {}
  stoppable_env get_env() const noexcept { return {token}; }
};

class Sender : public on_backend {};
ON_EVERY_BACKEND(Sender);

void turn_until_told(loop& l, const told& t) {
  while (!t.any()) l.run_once();
}

TEST_P(Sender, SaysWhatItSends) {
  loop l(options());
  auto ends = make_pipe();
  std::byte buffer[4];
  auto some = sluice::as_sender(l, [&] { return ends.reader.read_some(buffer); });
  auto all = sluice::as_sender(l, [&] { return ends.reader.read_exact(buffer); });
  auto none = sluice::as_sender(l, [] { return sluice::system().nop(); });
  using some_signatures = ex::completion_signatures<ex::set_value_t(std::size_t),
                                                    ex::set_error_t(sluice::error), ex::set_stopped_t()>;
  using none_signatures =
      ex::completion_signatures<ex::set_value_t(), ex::set_error_t(sluice::error), ex::set_stopped_t()>;
  using all_signatures = ex::completion_signatures<ex::set_value_t(sluice::transfer_result)>;
  EXPECT_TRUE((std::is_same_v<decltype(some)::completion_signatures, some_signatures>));
  EXPECT_TRUE((std::is_same_v<decltype(none)::completion_signatures, none_signatures>));
  EXPECT_TRUE((std::is_same_v<decltype(all)::completion_signatures, all_signatures>));
  EXPECT_TRUE((std::is_same_v<decltype(some)::sender_concept, ex::sender_t>));
}

TEST_P(Sender, ValuesComeInALaterTurn) {
  loop l(options());
  told t;
  auto nop = sluice::as_sender(l, [] { return sluice::system().nop(); });
  auto begun = nop.connect(plain_receiver{&t});
  begun.start();
  EXPECT_FALSE(t.any()) << "not from inside start";
  turn_until_told(l, t);
  EXPECT_EQ(t.values, 1);
}

TEST_P(Sender, BytesAndTransfers) {
  loop l(options());
  auto ends = make_pipe();
  std::byte buffer[8];
  told written, read, whole;
  auto write = sluice::as_sender(l, [&] { return ends.writer.write_some(std::span(buffer, 5)); });
  auto a = write.connect(plain_receiver{&written});
  auto b = sluice::as_sender(l, [&] { return ends.reader.read_some(std::span(buffer, 2)); })
               .connect(plain_receiver{&read});
  auto c = sluice::as_sender(l, [&] { return ends.reader.read_exact(std::span(buffer, 3)); })
               .connect(plain_receiver{&whole});
  a.start();
  turn_until_told(l, written);
  b.start();
  turn_until_told(l, read);
  c.start();
  turn_until_told(l, whole);
  EXPECT_EQ(written.number, 5u);
  EXPECT_EQ(read.number, 2u);
  EXPECT_EQ(whole.number, 3u);
}

TEST_P(Sender, ErrorsAreErrors) {
  loop l(options());
  told t;
  auto here = sluice::system().current_dir();
  auto begun = sluice::as_sender(l, [&] { return here.unlink("no such file"); }).connect(plain_receiver{&t});
  begun.start();
  turn_until_told(l, t);
  EXPECT_EQ(t.errors, 1);
  EXPECT_EQ(t.why, errc::not_found);
}

TEST_P(Sender, AStopFromAnotherThreadEndsARead) {
  loop l(options());
  auto ends = make_pipe();
  std::byte buffer[8];
  told t;
  std::stop_source stop;
  auto read = sluice::as_sender(l, [&] { return ends.reader.read_some(buffer); });
  auto begun = read.connect(stoppable_receiver(t, stop.get_token()));
  begun.start();
  settle(l);
  EXPECT_FALSE(t.any());
  std::thread other([&] { stop.request_stop(); });
  turn_until_told(l, t);
  other.join();
  EXPECT_EQ(t.stops, 1);
}

TEST_P(Sender, AStopBeforeTheStartIsHeard) {
  loop l(options());
  auto ends = make_pipe();
  std::byte buffer[8];
  told t;
  std::stop_source stop;
  stop.request_stop();
  auto read = sluice::as_sender(l, [&] { return ends.reader.read_some(buffer); });
  auto begun = read.connect(stoppable_receiver(t, stop.get_token()));
  begun.start();
  turn_until_told(l, t);
  EXPECT_EQ(t.stops, 1);
}

/// The request races with the end: the receiver hears exactly once, and the state may die then.
TEST_P(Sender, AStopAtTheEndIsWaitedFor) {
  loop l(options());
  for (int i = 0; i < 300; ++i) {
    auto ends = make_pipe();
    std::byte buffer[1] = {};
    told t;
    std::stop_source stop;
    {
      auto read = sluice::as_sender(l, [&] { return ends.reader.read_some(buffer); });
      auto state = read.connect(stoppable_receiver(t, stop.get_token()));
      state.start();
      std::thread other([&] { stop.request_stop(); });
      if (i % 2 == 0) {
        EXPECT_TRUE(sluice::sync(ends.writer.write_all(buffer)));
      }
      turn_until_told(l, t);
      other.join();
    }
    settle(l);  // nothing is left of it in the loop
    EXPECT_EQ(t.values + t.stops, 1);
    EXPECT_EQ(t.errors, 0);
  }
}

}  // namespace

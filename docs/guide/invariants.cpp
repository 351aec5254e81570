// What Sluice promises, tried out.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <cstdlib>

constexpr sluice::time_point_ns millisecond = 1'000'000;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

// Ten milliseconds are over before anything comes, so the read ends with an error.
sluice::task<void> nothing_came(sluice::stream& from) {
  std::byte buffer[4];
  auto n = co_await from.read_some(buffer).within(10 * millisecond);
  expect(!n && n.error() == sluice::errc::timed_out, "a deadline that passed is timed_out");
}

// One byte is there, and a request to stop comes at the same moment: the byte counts.
sluice::task<void> the_truth_wins(sluice::stream& from, sluice::stream& into) {
  const std::byte one[1] = {};
  auto sent = co_await into.write_all(one);
  expect(sent.whole(), "one byte was sent");
  std::byte buffer[4];
  auto n = co_await from.read_some(buffer).within(0);
  const bool took_it = n && *n == 1;
  const bool left_it = !n && n.error() == sluice::errc::timed_out;
  expect(took_it || left_it, "the byte was taken, or nothing was done");
  if (took_it) co_return;
  auto later = co_await from.read_some(buffer);
  expect(later && *later == 1, "what was not taken is still there");
}

// A handle can be closed while others use it: their operations end first.
sluice::task<void> reader(sluice::stream& from, sluice::error& why) {
  std::byte buffer[4];
  auto n = co_await from.read_some(buffer);
  if (!n) why = n.error();
}

sluice::task<void> close_under_a_reader(sluice::stream& from) {
  sluice::error why;
  auto body = [&](sluice::scope& children) -> sluice::task<void> {
    children.spawn(reader(from, why));
    co_await sluice::yield();  // lets it begin
    auto closed = co_await from.close();
    expect(closed.has_value(), "close waits for the reader and succeeds");
  };
  auto all = sluice::with_scope(body);
  co_await std::move(all);
  expect(why == sluice::errc::canceled, "the reader heard of it");
}

int main() {
  auto ends = sluice::system().make_pipe();
  if (!ends) return 1;
  sluice::loop loop;
  loop.run(nothing_came(ends->reader));
  loop.run(the_truth_wins(ends->reader, ends->writer));
  loop.run(close_under_a_reader(ends->reader));
}

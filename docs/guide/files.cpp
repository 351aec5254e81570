// The verbs of a file.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

using sluice::open_mode;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

sluice::task<void> transfers(sluice::file& f) {
  constexpr std::string_view text = "0123456789";
  auto written = co_await f.write_all_at(std::as_bytes(std::span(text)), 0);
  expect(written.whole(), "ten bytes written");

  std::byte buffer[16];
  auto some = co_await f.read_at(buffer, 8);
  expect(some && *some == 2, "read_at may be short: two bytes were left");
  auto end = co_await f.read_at(buffer, 10);
  expect(end && *end == 0, "0 is the end of the file");

  auto exact = co_await f.read_exact_at(buffer, 0);
  expect(!exact.whole() && exact.done == 10 && exact.end, "ten of sixteen, then the end");
  expect(!exact.first_error, "which is not an error");

  std::vector<std::byte> all;
  auto whole = co_await f.read_to_end(all);
  expect(whole.end && all.size() == 10, "everything, whatever the size");
}

sluice::task<void> several_pieces(sluice::file& f) {
  char head[4], tail[6];
  const sluice::io_slice pieces[] = {{head, sizeof head}, {tail, sizeof tail}};
  auto n = co_await f.read_at(pieces, 0);
  expect(n && *n == 10, "one read into two places");
  expect(std::memcmp(head, "0123", 4) == 0 && std::memcmp(tail, "456789", 6) == 0, "in order");
}

sluice::task<void> registered(sluice::loop& loop, sluice::file& f) {
  std::vector<std::byte> memory(8192);
  const std::span<std::byte> halves[] = {std::span(memory).first(4096),
                                         std::span(memory).last(4096)};
  const sluice::registered_buffers known(loop, halves);
  auto n = co_await f.read_at(known[1], 0);
  expect(n && *n == 10, "the same read, into memory that the ring knows");
}

sluice::task<void> durable(sluice::file& f) {
  auto data = co_await f.sync_data();
  expect(data.has_value(), "what has been written will survive a crash");
  auto cut = co_await f.truncate(4);
  expect(cut.has_value(), "four bytes are left");
  auto status = co_await f.stat();
  expect(status && status->size == 4, "stat agrees");
}

sluice::task<void> locks(sluice::dir& in, sluice::file& f) {
  auto mine = co_await f.lock(sluice::lock_kind::exclusive, false);
  expect(mine.has_value(), "nobody else holds it");
  auto other = co_await in.open("locked", open_mode::read_write);
  expect(other.has_value(), "opened a second time");
  auto theirs = co_await other->lock(sluice::lock_kind::exclusive, false);
  expect(!theirs && theirs.error() == sluice::errc::again, "the lock is another's");
  auto given = co_await f.lock(sluice::lock_kind::unlock, false);
  expect(given.has_value(), "given back");
  auto now = co_await other->lock(sluice::lock_kind::exclusive, true);
  expect(now.has_value(), "and taken");
}

sluice::task<void> attributes(sluice::file& f) {
  const char value[] = {'b', 'l', 'u', 'e'};
  auto set = co_await f.set_xattr("user.colour", std::as_bytes(std::span(value)));
  if (!set && set.error() == sluice::errc::not_supported) co_return;  // not on this file system
  expect(set.has_value(), "set");
  std::byte back[16];
  auto n = co_await f.get_xattr("user.colour", back);
  expect(n && *n == 4, "read back");
  auto removed = co_await f.remove_xattr("user.colour");
  expect(removed.has_value(), "removed");
  auto none = co_await f.get_xattr("user.colour", back);
  expect(!none && none.error() == sluice::errc::no_attribute, "there is none any more");
}

sluice::task<void> everything(sluice::loop& loop, sluice::dir& here) {
  const auto fresh = open_mode::read_write | open_mode::create | open_mode::truncate;
  auto f = co_await here.open("locked", fresh);
  expect(f.has_value(), "opened");
  auto first = transfers(*f);
  co_await std::move(first);
  auto second = several_pieces(*f);
  co_await std::move(second);
  auto third = registered(loop, *f);
  co_await std::move(third);
  auto fourth = durable(*f);
  co_await std::move(fourth);
  auto fifth = locks(here, *f);
  co_await std::move(fifth);
  auto sixth = attributes(*f);
  co_await std::move(sixth);
  auto closed = co_await f->close();
  expect(closed.has_value(), "closed");
  auto gone = co_await here.unlink("locked");
  expect(gone.has_value(), "gone");
}

int main() {
  sluice::loop loop;
  sluice::dir here = sluice::system().current_dir();
  loop.run(everything(loop, here));
}

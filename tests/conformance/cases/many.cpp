// Many at once.
#include <algorithm>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

task<void> read_one(const file& f, std::uint64_t offset, std::span<const std::byte> expected,
                    int& good) {
  bytes buffer(expected.size());
  const auto read = co_await f.read_exact_at(buffer, offset);
  if (read.whole() && std::ranges::equal(buffer, expected)) ++good;
}

task<int> read_three_hundred(const file& f, const bytes& data) {
  auto here = co_await this_task();
  int good = 0;
  scope all(here);
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t at = i * 333;
    all.spawn(read_one(f, at, std::span(data).subspan(at, 1000), good));
  }
  co_await all.join();
  co_return good;
}

SLUICE_CASE(three_hundred_reads_in_flight, open, read_at) {
  const bytes data = pattern(101'000);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  const int good = co_await read_three_hundred(*f, data);
  CHECK_SAME(good, 300);
}

/// A loop of its own inside this one's task: its ring has eight entries.
SLUICE_LOOP_CASE(a_small_ring_makes_operations_wait, open, read_at) {
  const bytes data = pattern(101'000);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  const auto small = p.loop_with(8);
  CHECK_SAME(small->run(read_three_hundred(*f, data)), 300);
  const auto back = co_await f->stat();
  CHECK_GOOD(back);
  bytes one(1);
  const auto read = co_await f->read_at(one, 0);
  CHECK_GOOD(read);
}

SLUICE_CASE(two_thousand_open_files, open, read_at, close) {
  const std::size_t allowed = allow_descriptors(2'100);
  const std::size_t before = open_descriptors();
  {
    const auto made = co_await make_file(p.root, "f", as_bytes("many eyes"));
    REQUIRE_GOOD(made);
    std::vector<file> files;
    for (int i = 0; i < 2000; ++i) {
      auto f = co_await p.root.open("f", open_mode::read);
      if (!f && f.error() == errc::too_many_files) break;
      REQUIRE_GOOD(f);
      files.push_back(std::move(*f));
    }
    CHECK_THAT(files.size() == 2000 || files.size() + 100 > allowed);
    int good = 0;
    for (const file& f : files) {
      bytes buffer(9);
      const auto n = co_await f.read_exact_at(buffer, 0);
      good += n.whole() && as_text(buffer) == "many eyes" ? 1 : 0;
    }
    CHECK_SAME(static_cast<std::size_t>(good), files.size());
    for (file& f : files) {
      const auto closed = co_await f.close();
      CHECK_GOOD(closed);
    }
  }
  CHECK_THAT(open_descriptors() <= before + 8);  // a released one may still be on its way
}

/// Each pipe carries its own byte, though all are open.
SLUICE_CASE(two_thousand_open_streams, read, write, close) {
  const std::size_t allowed = allow_descriptors(2'100);
  std::vector<pipe_ends> pipes;
  while (pipes.size() < 1000) {
    auto made = p.make_pipe();
    if (!made && made.error() == errc::too_many_files) break;
    REQUIRE_GOOD(made);
    pipes.push_back(std::move(*made));
  }
  CHECK_THAT(pipes.size() == 1000 || 2 * pipes.size() + 100 > allowed);
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    const auto byte = static_cast<std::byte>(i);
    const auto sent = co_await pipes[i].writer.write_some(std::span(&byte, 1));
    REQUIRE_GOOD(sent);
  }
  int good = 0;
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    std::byte got{};
    const auto n = co_await pipes[i].reader.read_some(std::span(&got, 1));
    good += n && *n == 1 && got == static_cast<std::byte>(i) ? 1 : 0;
    const auto closed = co_await pipes[i].writer.close();
    CHECK_GOOD(closed);
  }
  CHECK_SAME(static_cast<std::size_t>(good), pipes.size());
}

}  // namespace
}  // namespace sluice::conformance

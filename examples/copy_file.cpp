// Copies a file: reads at an offset, writes at the same one, until the end.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <string>
#include <vector>

using sluice::open_mode;

sluice::task<sluice::result<std::uint64_t>> copy(sluice::dir& in, const char* from,
                                                 const char* to) {
  auto source = co_await in.open(from, open_mode::read);
  if (!source) co_return std::unexpected(source.error());
  const auto fresh = open_mode::write | open_mode::create | open_mode::truncate;
  auto target = co_await in.open(to, fresh);
  if (!target) co_return std::unexpected(target.error());
  std::vector<std::byte> buffer(128 * 1024);
  std::uint64_t offset = 0;
  for (;;) {
    auto n = co_await source->read_at(buffer, offset);
    if (!n) co_return std::unexpected(n.error());
    if (*n == 0) break;
    const std::span<const std::byte> piece(buffer.data(), *n);
    auto written = co_await target->write_all_at(piece, offset);
    if (!written) co_return std::unexpected(written.first_error);
    offset += *n;
  }
  // Only a close that was awaited tells of errors that came late.
  auto closed = co_await target->close();
  if (!closed) co_return std::unexpected(closed.error());
  co_return offset;
}

int main(int argc, char** argv) {
  sluice::loop loop;
  sluice::dir here = sluice::system().current_dir();
  const bool named = argc == 3;
  const char* from = named ? argv[1] : "/proc/self/exe";
  const char* to = named ? argv[2] : "copy_file.out";
  auto copied = loop.run(copy(here, from, to));
  if (!copied) {
    std::fprintf(stderr, "%s\n", sluice::describe(copied.error(), "copy", from).c_str());
    return 1;
  }
  auto size = sluice::sync(here.stat(to));
  const bool whole = size && size->size == *copied;
  std::printf("%llu bytes, %s\n", static_cast<unsigned long long>(*copied),
              whole ? "whole" : "not whole");
  if (!named) (void)sluice::sync(here.unlink(to));
  return whole ? 0 : 1;
}

// Counts the lines of a file on every core: one task hands out pieces, each core reads its share.
#include <sluice/sluice.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <vector>

constexpr std::uint64_t piece = 256 * 1024;

using offsets = sluice::shared_channel<std::uint64_t, 16>;

struct totals {
  std::atomic<std::uint64_t> lines = 0, bytes = 0;
  std::atomic<int> errors = 0;
};

sluice::task<void> hand_out(offsets& to, std::uint64_t size) {
  for (std::uint64_t at = 0; at < size; at += piece) {
    auto sent = co_await to.send(at);
    if (!sent) break;  // closed, or asked to stop
  }
  to.close();
}

sluice::task<void> count(offsets& from, const sluice::file& text, totals& sum) {
  std::vector<std::byte> buffer(piece);
  for (;;) {
    auto at = co_await from.receive();
    if (!at) co_return;  // none left
    auto got = co_await text.read_exact_at(buffer, *at);
    if (got.first_error) ++sum.errors;
    const auto end = buffer.begin() + static_cast<std::ptrdiff_t>(got.done);
    sum.lines += static_cast<std::uint64_t>(std::count(buffer.begin(), end, std::byte{'\n'}));
    sum.bytes += got.done;
  }
}

bool write_sample(sluice::dir& here, const char* name, std::size_t lines) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) text += "line " + std::to_string(i) + "\n";
  auto file = sluice::sync(here.open(name, sluice::open_mode::write | sluice::open_mode::create));
  return file && sluice::sync(file->write_all_at(std::as_bytes(std::span(text)), 0));
}

int main(int argc, char** argv) {
  sluice::dir here = sluice::system().current_dir();
  const bool named = argc == 2;
  const char* name = named ? argv[1] : "many_cores.txt";
  constexpr std::size_t sample = 300'000;
  if (!named && !write_sample(here, name, sample)) return 1;

  auto file = sluice::sync(here.open(name, sluice::open_mode::read));
  auto status = sluice::sync(here.stat(name));
  if (!file || !status) {
    const auto why = file ? status.error() : file.error();
    std::fprintf(stderr, "%s\n", sluice::describe(why, "read", name).c_str());
    return 1;
  }
  sluice::cores all;
  offsets pieces;
  totals sum;
  all.spawn(0, hand_out(pieces, status->size));
  all.run([&](sluice::core&) { return count(pieces, *file, sum); });

  std::printf("%llu lines, %llu bytes, on %u cores\n",
              static_cast<unsigned long long>(sum.lines.load()),
              static_cast<unsigned long long>(sum.bytes.load()), all.size());
  if (!named) (void)sluice::sync(here.unlink(name));
  const bool as_expected = named || sum.lines == sample;
  return as_expected && sum.errors == 0 && sum.bytes == status->size ? 0 : 1;
}

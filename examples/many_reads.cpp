// Many small files, 32 of them in flight at a time.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <string>
#include <vector>

using sluice::open_mode;

struct totals {
  std::uint64_t bytes = 0;
  int files = 0, errors = 0;
};

sluice::task<void> write_one(sluice::dir& in, const std::string& name) {
  auto file = co_await in.open(name, open_mode::write | open_mode::create);
  if (!file) co_return;
  const auto text = std::as_bytes(std::span(name));
  [[maybe_unused]] auto written = co_await file->write_all_at(text, 0);
}

sluice::task<void> read_one(sluice::dir& in, const std::string& name, totals& sum) {
  auto file = co_await in.open(name, open_mode::read);
  if (!file) {
    ++sum.errors;
    co_return;
  }
  std::vector<std::byte> buffer(4096);
  auto n = co_await file->read_at(buffer, 0);
  if (!n) {
    ++sum.errors;
    co_return;
  }
  sum.bytes += *n;
  ++sum.files;
}

sluice::task<bool> everything(sluice::dir& here) {
  auto made = co_await here.mkdir("many_reads.d");
  if (!made && made.error() != sluice::errc::exists) co_return false;
  auto folder = co_await here.open_dir("many_reads.d");
  if (!folder) co_return false;
  std::vector<std::string> names;
  std::uint64_t expected = 0;
  for (int i = 0; i < 1000; ++i) {
    names.push_back("file" + std::to_string(i));
    expected += names.back().size();
  }
  totals sum;
  // The functions outlive the awaits; what they make are plain tasks with arguments.
  auto writing = [&](const std::string& name) { return write_one(*folder, name); };
  auto reading = [&](const std::string& name) { return read_one(*folder, name, sum); };
  auto removing = [&](const std::string& name) -> sluice::task<void> {
    [[maybe_unused]] auto gone = co_await folder->unlink(name);
  };
  auto all_written = sluice::for_each_concurrent(names, 32, writing);
  co_await std::move(all_written);
  auto all_read = sluice::for_each_concurrent(names, 32, reading);
  co_await std::move(all_read);
  auto all_removed = sluice::for_each_concurrent(names, 32, removing);
  co_await std::move(all_removed);
  [[maybe_unused]] auto gone = co_await here.rmdir("many_reads.d");
  std::printf("%d files, %llu bytes, %d errors\n", sum.files,
              static_cast<unsigned long long>(sum.bytes), sum.errors);
  co_return sum.bytes == expected;
}

int main() {
  sluice::loop loop;
  sluice::dir here = sluice::system().current_dir();
  return loop.run(everything(here)) ? 0 : 1;
}

// Virtual memory over physical memory: pages of one address space lie in any order in the frames of
// a store that is striped over three files. Pages without a frame are holes. On top a throttle that lets
// through so much in a second, and a trace that counts.
#include <sluice/sluice.hpp>
#include <sluice/space/cache.hpp>
#include <sluice/space/map.hpp>
#include <sluice/space/stripe.hpp>
#include <sluice/space/throttle.hpp>
#include <sluice/space/trace.hpp>

#include <cstdio>
#include <string>
#include <vector>

using sluice::open_mode;

constexpr std::size_t page = 4096;

/// Which frame each page lies in.
struct page_table {
  std::uint64_t page_number, frame_number;
};
constexpr page_table table[] = {{0, 7}, {1, 2}, {3, 0}, {4, 5}, {9, 1}};
constexpr std::uint64_t pages = 12;

/// Physical memory: three nameless files, each behind a cache, as one.
sluice::task<sluice::result<sluice::file>> physical(sluice::dir& in, sluice::cache_space& caches,
                                                    sluice::stripe_space& stripes) {
  std::vector<sluice::backing> members;
  for (int i = 0; i < 3; ++i) {
    auto bank = co_await in.open(".", open_mode::read_write | open_mode::temporary);
    if (!bank) co_return std::unexpected(bank.error());
    members.emplace_back(caches.make(std::move(*bank)));
  }
  auto making = stripes.make(std::move(members), page);
  auto striped = co_await std::move(making);
  co_return striped;
}

sluice::task<bool> use(sluice::file& memory) {
  // Over three pages: two frames, and a hole that nothing can be written to.
  const std::vector<std::byte> full(3 * page, std::byte{42});
  auto written = co_await memory.write_all_at(full, 0);
  std::printf("written: %zu of %zu bytes, then %s\n", written.done, written.total,
              sluice::describe(written.first_error).c_str());

  std::vector<std::byte> all(pages * page, std::byte{1});
  std::size_t parts = 0;
  sluice::each_segment told([&parts](const sluice::landed_segment&) { ++parts; });
  auto read = co_await memory.read_segments_at(all, 0, told);
  std::printf("read: %zu bytes in %zu parts\n", read.done, parts);
  bool good = written.done == 2 * page && read.whole() && parts >= 5;
  for (std::size_t i = 0; i < all.size(); ++i) {
    good = good && all[i] == (i < 2 * page ? std::byte{42} : std::byte{0});
  }
  co_return good;
}

int main() {
  sluice::loop loop;
  sluice::cache_options small;
  small.block = page;
  small.bytes = 16 * page;
  sluice::cache_space caches(small);
  sluice::stripe_space stripes;
  sluice::map_space maps;
  sluice::dir here = sluice::system().current_dir();
  auto frames = loop.run(physical(here, caches, stripes));
  if (!frames) {
    std::fprintf(stderr, "%s\n", sluice::describe(frames.error(), "open", ".").c_str());
    return 1;
  }
  std::vector<sluice::map_extent> extents;
  for (const page_table& entry : table) {
    extents.push_back({entry.page_number * page, page, 0, entry.frame_number * page});
  }
  std::vector<sluice::backing> files;
  files.emplace_back(std::move(*frames));
  auto memory = maps.make(std::move(files), std::move(extents), pages * page);
  if (!memory) return 1;
  sluice::throttle_options pace;
  pace.bytes_per_second = 64 << 20;
  sluice::throttle_space slow(maps, pace);
  sluice::trace_space trace(slow);
  sluice::file traced = trace.attach(slow.attach(std::move(*memory)));
  const bool good = loop.run(use(traced));
  const auto reads = trace.counts(sluice::op_kind::read_segments);
  std::printf("traced: %d read, %d bytes\n", static_cast<int>(reads.started),
              static_cast<int>(reads.bytes));
  auto closed = sluice::sync(traced.close());
  return good && closed && reads.bytes == pages * page ? 0 : 1;
}

// One virtual file on many loops: slabs and blocks are shared, and a close comes from elsewhere.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "sluice/sluice.hpp"
#include "sluice/space/cache.hpp"
#include "sluice/space/stripe.hpp"
#include "unit/temp_tree.hpp"

namespace {

using namespace sluice;

constexpr std::size_t size = 100'000;

struct shared_file : testing::Test {
  shared_file() {
    std::vector<backing> members;
    for (const char* name : {"/a", "/b"}) {
      auto here = system().current_dir();
      const auto fresh = open_mode::read_write | open_mode::create;
      auto f = sync(here.open((folder.root().string() + name).c_str(), fresh));
      members.emplace_back(caches.make(std::move(f.value())));
    }
    f = std::move(sync(stripes.make(std::move(members), 1000)).value());
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>(i / 7);
    EXPECT_TRUE(sync(f.write_all_at(content, 0)).whole());
  }
  sluice_test::temp_tree folder;
  cache_space caches{{4096, 8 * 4096, {3, 2}}};
  stripe_space stripes{{4, 3}};
  file f;
  std::vector<std::byte> content = std::vector<std::byte>(size);
};
using VirtualThreads = shared_file;

/// Reads here and there until `rounds` are over or one is cancelled.
task<void> read_often(const file& f, const std::vector<std::byte>& content, unsigned seed,
                      unsigned rounds, unsigned& good, unsigned& canceled) {
  std::vector<std::byte> into(9000);
  for (unsigned i = 0; i < rounds; ++i) {
    seed = seed * 1664525 + 1013904223;
    const std::size_t at = (seed >> 8) % (size - into.size());
    const auto read = co_await f.read_exact_at(into, at);
    if (read.whole() && std::memcmp(into.data(), content.data() + at, into.size()) == 0) ++good;
    if (read.first_error == errc::canceled) {
      ++canceled;
      co_return;
    }
  }
}

task<void> read_on_many(const file& f, const std::vector<std::byte>& content, unsigned seed,
                        unsigned rounds, unsigned& good, unsigned& canceled) {
  auto here = co_await this_task();
  scope all(here);
  for (unsigned i = 0; i < 4; ++i) {
    all.spawn(read_often(f, content, seed * 4 + i, rounds, good, canceled));
  }
  co_await all.join();
}

TEST_F(VirtualThreads, ReadTheSameBytes) {
  unsigned good[3] = {}, canceled[3] = {};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      loop l;
      l.run(read_on_many(f, content, t, 50, good[t], canceled[t]));
    });
  }
  for (std::thread& t : threads) t.join();
  for (const unsigned n : good) EXPECT_EQ(n, 200u);
  EXPECT_GT(caches.statistics().evictions, 0u);
}

/// All reads were begun when the close comes from another thread; each ends, whole or cancelled.
TEST_F(VirtualThreads, AreSilentWhenAClosedFileIs) {
  for (unsigned round = 0; round < 20; ++round) {
    file g = caches.make(f);
    std::atomic<bool> reading = false;
    unsigned good = 0, canceled = 0;
    std::thread reader([&] {
      loop l;
      l.run([](const file& of, const std::vector<std::byte>& with, std::atomic<bool>& told,
               unsigned& whole, unsigned& stopped) -> task<void> {
        auto here = co_await this_task();
        scope all(here);
        for (unsigned i = 0; i < 6; ++i) all.spawn(read_often(of, with, i, 1, whole, stopped));
        co_await yield();
        told = true;
        told.notify_one();
        co_await all.join();
      }(g, content, reading, good, canceled));
    });
    reading.wait(false);
    file closing(adopt, g.in(), g.id());
    EXPECT_TRUE(sync(closing.close()).has_value());
    reader.join();
    g.detach();
    EXPECT_EQ(good + canceled, 6u);
  }
}

}  // namespace

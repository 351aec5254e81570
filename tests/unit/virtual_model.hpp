// Random work on a file, and on a vector of bytes that tells what has to come out.
#pragma once

#include <algorithm>
#include <functional>

#include "unit/shaky_space.hpp"
#include "unit/support.hpp"

namespace unit {

using bytes = std::vector<std::byte>;

inline bytes random_bytes(std::size_t n, std::minstd_rand& random) {
  bytes b(n);
  for (std::byte& one : b) one = static_cast<std::byte>(random() >> 8);
  return b;
}

/// Why a byte can't be read or written; errc::none: it can.
using verdict = std::function<sluice::errc(std::uint64_t offset, bool writing)>;

struct model {
  const sluice::file& f;
  bytes content;
  verdict fate;
  bool grows;  // writing behind the end makes the file longer
  std::minstd_rand random;

  std::size_t good_prefix(std::uint64_t offset, std::size_t size, bool writing, sluice::errc& why) {
    for (std::size_t i = 0; i < size; ++i) {
      why = fate(offset + i, writing);
      if (why != sluice::errc::none) return i;
    }
    why = sluice::errc::none;
    return size;
  }
  void check(const sluice::transfer_result& r, std::size_t good, sluice::errc why, bool end) {
    EXPECT_EQ(r.done, good);
    EXPECT_EQ(r.end, end);
    EXPECT_EQ(r.first_error.portable(), end ? sluice::errc::none : why);
  }
  void check(const sluice::result<std::size_t>& r, std::size_t good, sluice::errc why, bool end) {
    ASSERT_EQ(r.has_value(), good > 0 || end || why == sluice::errc::none);
    if (r) {
      EXPECT_EQ(*r, good);
    }
    if (!r) {
      EXPECT_EQ(r.error().portable(), why);
    }
  }
  /// What parts of a transfer told, and what they have to add up to.
  struct ledger {
    std::vector<int> covered;
    std::size_t parts = 0;
    explicit ledger(std::size_t n) : covered(n) {}
    void book(const sluice::landed_segment& s) {
      ++parts;
      for (std::size_t i = s.begin; i < s.begin + s.size; ++i) ++covered[i];
    }
    bool whole() const { return std::ranges::count(covered, 1) == std::ssize(covered); }
  };

  task<void> read() {
    const std::uint64_t offset = random() % (content.size() + 20);
    const std::size_t size = 1 + random() % 300;
    bytes into(size, std::byte{0xee});
    sluice::errc why;
    const std::size_t there =
        offset < content.size() ? std::min<std::size_t>(size, content.size() - offset) : 0;
    const std::size_t good = good_prefix(offset, there, false, why);
    const bool end = good == there && there < size;
    const auto how = random() % 3;
    if (how == 0) {
      const auto n = co_await f.read_at(into, offset);
      check(n, good, why, end);
    } else if (how == 1) {
      const auto all = co_await f.read_exact_at(into, offset);
      check(all, good, why, end);
    } else {
      ledger parts(size);
      sluice::each_segment told([&parts](const sluice::landed_segment& s) { parts.book(s); });
      const auto all = co_await f.read_segments_at(into, offset, told);
      check(all, good, why, end);
      EXPECT_TRUE(parts.whole());
    }
    EXPECT_TRUE(std::equal(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(good),
                           content.begin() + static_cast<std::ptrdiff_t>(std::min(offset, content.size()))));
  }

  task<void> write() {
    const std::uint64_t offset = random() % (content.size() + 20);
    const std::size_t size = 1 + random() % 300;
    const bytes from = random_bytes(size, random);
    sluice::errc why;
    const std::size_t good = good_prefix(offset, size, true, why);
    const bool plain = random() % 2 == 0;
    if (plain) {
      const auto n = co_await f.write_at(from, offset);
      check(n, good, why, false);
    } else {
      const auto all = co_await f.write_all_at(from, offset);
      check(all, good, why, false);
    }
    const auto now = co_await f.stat();
    const std::size_t end = now->size;
    EXPECT_GE(end, std::max<std::size_t>(content.size(), good > 0 ? offset + good : 0));
    content.resize(end);
    // Behind what failed, some may have been written all the same: learn what.
    for (std::size_t i = 0; i < size && offset + i < end; ++i) {
      std::byte& expected = content[offset + i];
      if (i >= good && fate(offset + i, false) == sluice::errc::none) {
        std::byte found{};
        const auto one = co_await f.read_exact_at(std::span(&found, 1), offset + i);
        EXPECT_TRUE(one.whole());
        EXPECT_TRUE(found == expected || found == from[i]);
        expected = found;
      } else if (i < good) {
        expected = from[i];
      }
    }
  }

  /// So many reads and writes, one after the other.
  task<void> work(unsigned rounds) {
    for (unsigned i = 0; i < rounds && !testing::Test::HasFailure(); ++i) {
      auto next = random() % 3 == 0 ? write() : read();
      co_await std::move(next);
    }
  }
};

}  // namespace unit

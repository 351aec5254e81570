#include "sluice/fs/entry.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace sluice;

TEST(EntryBatch, TheGreatestPositionSaysThatItIsTheLast) {
  alignas(8) std::byte records[64];
  const auto batch_with = [&](std::uint64_t first, std::uint64_t second) {
    std::size_t size = dir_entry::write(records, 1, first, file_type::regular, "a");
    size += dir_entry::write(std::span(records).subspan(size), 2, second, file_type::regular, "b");
    return entry_batch(std::span<const std::byte>(records, size));
  };
  constexpr std::uint64_t greatest = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(batch_with(1, greatest).surely_last());
  EXPECT_FALSE(batch_with(1, 2).surely_last());
  EXPECT_FALSE(batch_with(greatest, 2).surely_last());
  EXPECT_FALSE(batch_with(1, 0x7fffffff).surely_last());
  EXPECT_FALSE(entry_batch().surely_last());
}

}  // namespace

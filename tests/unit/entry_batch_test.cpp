#include "sluice/fs/entry.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace sluice;

/// Two names, and the positions behind them.
class EntryBatch : public testing::Test {
 protected:
  entry_batch batch_with(std::uint64_t first, std::uint64_t second) {
    std::size_t size = dir_entry::write(records_, 1, first, file_type::regular, "a");
    size += dir_entry::write(std::span(records_).subspan(size), 2, second, file_type::regular, "b");
    return entry_batch(std::span<const std::byte>(records_, size));
  }

 private:
  alignas(8) std::byte records_[64];
};

TEST_F(EntryBatch, TheGreatestPositionSaysThatItIsTheLast) {
  constexpr std::uint64_t greatest = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(batch_with(1, greatest).surely_last(0));
  EXPECT_TRUE(batch_with(1, greatest).surely_last(4096));
  EXPECT_FALSE(batch_with(1, 2).surely_last(0));
  EXPECT_FALSE(batch_with(greatest, 2).surely_last(0));
  EXPECT_FALSE(batch_with(1, 0x7fffffff).surely_last(0));
  EXPECT_FALSE(entry_batch().surely_last(0));
}

TEST_F(EntryBatch, TheDirectorysSizeSaysSoWherePositionsAreBytesOfIt) {
  EXPECT_TRUE(batch_with(12, 1024).surely_last(1024));
  EXPECT_TRUE(batch_with(12, 65536).surely_last(65536));
  EXPECT_FALSE(batch_with(12, 1024).surely_last(2048)) << "a block is left";
  EXPECT_FALSE(batch_with(12, 1024).surely_last(0)) << "nobody knows its size";
  EXPECT_FALSE(batch_with(1, 1024).surely_last(1024)) << "names are counted, not their bytes";
  EXPECT_FALSE(batch_with(12, 1000).surely_last(1000)) << "no block has this size";
  EXPECT_FALSE(batch_with(12, 0).surely_last(0));
  EXPECT_FALSE(entry_batch().surely_last(1024));
}

}  // namespace

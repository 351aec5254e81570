// What is in a file: blocks, by their place; where there is none, zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>

namespace sluice::inline v0::memory {

class content {
 public:
  using block = std::unique_ptr<std::byte[]>;
  using block_map = std::map<std::uint64_t, block>;

  static constexpr std::size_t block_size = 16 * 1024;
  static constexpr std::uint64_t size_max = INT64_MAX;

  std::uint64_t size() const noexcept { return size_; }
  /// Bytes that the blocks take.
  std::uint64_t allocated() const noexcept { return blocks_.size() * block_size; }

  /// Up to the end of the file.
  std::size_t read(std::span<std::byte> into, std::uint64_t offset) const noexcept;
  /// All of it, or as far as memory goes; the range must end at size_max or before.
  std::size_t write(std::span<const std::byte> from, std::uint64_t offset) noexcept;
  void resize(std::uint64_t size) noexcept;

  const block_map& blocks() const noexcept { return blocks_; }

 private:
  std::byte* block_at(std::uint64_t index) noexcept;

  block_map blocks_;
  std::uint64_t size_ = 0;
};

}  // namespace sluice::inline v0::memory

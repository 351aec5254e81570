// What is in a file: blocks, by their place; where there is none, zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>

namespace sluice::inline v0::memory {

/// How many bytes the blocks of all files may take.
struct byte_budget {
  std::uint64_t limit = UINT64_MAX;
  std::uint64_t used = 0;
};

class content {
 public:
  /// Null: room that was taken beforehand; it reads as zeros and counts as a hole.
  using block = std::unique_ptr<std::byte[]>;
  using block_map = std::map<std::uint64_t, block>;

  static constexpr std::size_t block_size = 4096;
  static constexpr std::uint64_t size_max = INT64_MAX;

  content() noexcept = default;
  ~content();
  content(const content&) = delete;
  content& operator=(const content&) = delete;

  /// Whose room the blocks take; without it there is no limit. Before the first of them.
  void draw_from(byte_budget& b) noexcept { budget_ = &b; }

  std::uint64_t size() const noexcept { return size_; }
  /// Bytes that the blocks take.
  std::uint64_t allocated() const noexcept { return blocks_.size() * block_size; }
  const block_map& blocks() const noexcept { return blocks_; }

  /// Up to the end of the file.
  std::size_t read(std::span<std::byte> into, std::uint64_t offset) const noexcept;
  /// All of it, or as far as room and memory go; the range must end at size_max or before.
  std::size_t write(std::span<const std::byte> from, std::uint64_t offset) noexcept;
  void resize(std::uint64_t size) noexcept;

  /// Takes room for the range, and makes the file no longer. False: there is not enough, and
  /// nothing was done. Throws std::bad_alloc, and then nothing was done.
  bool reserve(std::uint64_t offset, std::uint64_t size);
  /// Gives the range's room back; it reads as zeros.
  void punch(std::uint64_t offset, std::uint64_t size) noexcept;
  /// Begins with what `from` holds, holes and all; what lies behind its last block stays. As
  /// `reserve`.
  bool begin_as(const content& from);

  /// Where the next data, or the next hole, begins, at or behind `offset`, which must lie in the
  /// file. The end is a hole; none: no more data.
  std::optional<std::uint64_t> next_data(std::uint64_t offset) const noexcept;
  std::uint64_t next_hole(std::uint64_t offset) const noexcept;

 private:
  block* slot_at(std::uint64_t index);
  std::byte* block_at(std::uint64_t index) noexcept;
  bool take(std::uint64_t blocks) noexcept;
  void give_back(std::uint64_t blocks) noexcept;
  void zero(std::uint64_t offset, std::size_t size) noexcept;
  void drop(std::uint64_t first, std::uint64_t last) noexcept;

  block_map blocks_;
  std::uint64_t size_ = 0;
  byte_budget* budget_ = nullptr;
};

}  // namespace sluice::inline v0::memory

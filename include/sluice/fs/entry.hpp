#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>

#include "sluice/core/path_ref.hpp"
#include "sluice/fs/types.hpp"

namespace sluice::inline v0 {

/// One name in a directory, as it lies in the caller's buffer. The layout is the one of the Linux
/// system call, so that there a batch needs no conversion.
class dir_entry {
 public:
  static constexpr std::size_t header = 19;

  explicit dir_entry(const std::byte* record) noexcept : at_(record) {}

  std::uint64_t inode() const noexcept { return load<std::uint64_t>(0); }
  /// Where to continue after this entry.
  std::uint64_t cookie() const noexcept { return load<std::uint64_t>(8); }
  std::size_t record_size() const noexcept { return load<std::uint16_t>(16); }
  /// May be unknown: not every file system tells.
  file_type type() const noexcept {
    switch (load<std::uint8_t>(18)) {
      case 1: return file_type::fifo;
      case 2: return file_type::character;
      case 4: return file_type::directory;
      case 6: return file_type::block;
      case 8: return file_type::regular;
      case 10: return file_type::symlink;
      case 12: return file_type::socket;
      default: return file_type::unknown;
    }
  }
  path_ref name() const noexcept {
    const auto* text = reinterpret_cast<const char*>(at_ + header);
    return path_ref(text, std::strlen(text));
  }
  bool dot_or_dot_dot() const noexcept {
    const auto* n = reinterpret_cast<const char*>(at_ + header);
    return n[0] == '.' && (n[1] == '\0' || (n[1] == '.' && n[2] == '\0'));
  }

  /// For spaces that make entries: writes a record at the front of `room` and tells its size; 0
  /// when there is not enough room.
  static std::size_t write(std::span<std::byte> room, std::uint64_t inode, std::uint64_t cookie,
                           file_type type, path_ref name) noexcept {
    static constexpr std::uint8_t codes[] = {0, 1, 2, 4, 6, 8, 10, 12};
    const std::size_t size = (header + name.size() + 1 + 7) / 8 * 8;
    if (size > room.size()) return 0;
    const auto record_size = static_cast<std::uint16_t>(size);
    std::memcpy(room.data(), &inode, 8);
    std::memcpy(room.data() + 8, &cookie, 8);
    std::memcpy(room.data() + 16, &record_size, 2);
    std::memcpy(room.data() + 18, &codes[static_cast<std::size_t>(type)], 1);
    std::memcpy(room.data() + header, name.c_str(), name.size() + 1);
    return size;
  }

  const std::byte* record() const noexcept { return at_; }

 private:
  template <class T>
  T load(std::size_t offset) const noexcept {
    T value;
    std::memcpy(&value, at_ + offset, sizeof value);
    return value;
  }
  const std::byte* at_;
};

/// The entries of one batch: `for (dir_entry e : batch)`. Points into the buffer that was filled.
class entry_batch {
 public:
  entry_batch() noexcept = default;
  explicit entry_batch(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  class iterator {
   public:
    using value_type = dir_entry;
    using difference_type = std::ptrdiff_t;
    explicit iterator(const std::byte* at = nullptr) noexcept : at_(at) {}
    dir_entry operator*() const noexcept { return dir_entry(at_); }
    iterator& operator++() noexcept {
      at_ += dir_entry(at_).record_size();
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(iterator, iterator) noexcept = default;

   private:
    const std::byte* at_;
  };

  iterator begin() const noexcept { return iterator(bytes_.data()); }
  iterator end() const noexcept { return iterator(bytes_.data() + bytes_.size()); }
  bool empty() const noexcept { return bytes_.empty(); }
  /// No name can follow those of a directory of so many bytes (0: not known), and the call that would find
  /// none is saved. ext4 tells the greatest position there is with the last name. ext2's positions are
  /// bytes of the directory, as the first name, of twelve bytes, shows: the last one's is the directory's
  /// end. Most others can't be known.
  bool surely_last(std::uint64_t bytes_of_directory) const noexcept {
    constexpr std::uint64_t greatest = std::numeric_limits<std::int64_t>::max();
    constexpr std::uint64_t dot = 12;
    constexpr std::uint64_t least_block = 1024;
    std::uint64_t after = 0;
    for (const dir_entry e : *this) after = e.cookie();
    if (after == greatest) return true;
    return after != 0 && after == bytes_of_directory && after % least_block == 0 &&
           (*begin()).cookie() == dot;
  }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  /// Where the entry's record begins among the bytes.
  std::size_t offset_of(const dir_entry& e) const noexcept {
    return static_cast<std::size_t>(e.record() - bytes_.data());
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace sluice::inline v0

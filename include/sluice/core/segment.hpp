#pragma once

#include <utility>

#include "sluice/core/transfer.hpp"

namespace sluice::inline v0 {

/// A part of a transfer, in the hands of whoever carries it out; move-only. Each ends exactly once,
/// on the thread of the transfer's driver: by `finish`, `done` or `fail`, or as abandoned when it is
/// dropped. When the last has ended the transfer has, and may be gone.
class segment {
 public:
  segment() noexcept = default;
  segment(segment&& other) noexcept
      : of_(std::exchange(other.of_, nullptr)), begin_(other.begin_), size_(other.size_) {}
  segment& operator=(segment&& other) noexcept {
    std::swap(of_, other.of_);
    std::swap(begin_, other.begin_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~segment() {
    if (of_ != nullptr) fail(errc::abandoned);
  }

  /// All of a transfer that has just been submitted, taken once. A transfer that has to tell of its
  /// segments is begun when there is room for one, so there is.
  [[nodiscard]] static segment whole_of(transfer& t) noexcept {
    t.begun();
    [[maybe_unused]] const bool room = t.open_segment();
    SLUICE_ASSERT(room, "a transfer was begun without room for its segment");
    return segment(t, 0, t.buffer.size());
  }

  explicit operator bool() const noexcept { return of_ != nullptr; }
  std::size_t size() const noexcept { return size_; }
  std::uint64_t tag() const noexcept { return of_->tag; }
  /// Of its first byte: in the file, and in the transfer.
  std::uint64_t offset() const noexcept { return of_->offset + begin_; }
  std::size_t begin() const noexcept { return begin_; }

  /// The bytes in place, if they lie at a multiple of `alignment`; else none: then go through
  /// memory of your own, and `copy_in` or `copy_out`. `into` is for reads, `from` for writes.
  std::span<std::byte> into(std::size_t alignment = 1) const noexcept {
    SLUICE_ASSERT(of_->kind == op_kind::read_segments, "the bytes of a write are not to be changed");
    return aligned(alignment);
  }
  std::span<const std::byte> from(std::size_t alignment = 1) const noexcept {
    return aligned(alignment);
  }
  /// For a read: fills it, from its begin; tells how much went in.
  std::size_t copy_in(std::span<const std::byte> bytes) const noexcept {
    const std::size_t n = bytes.size() < size_ ? bytes.size() : size_;
    if (n > 0) __builtin_memcpy(into().data(), bytes.data(), n);
    return n;
  }
  /// For a write: takes the bytes out.
  std::size_t copy_out(std::span<std::byte> bytes) const noexcept {
    const std::size_t n = bytes.size() < size_ ? bytes.size() : size_;
    if (n > 0) __builtin_memcpy(bytes.data(), from().data(), n);
    return n;
  }

  /// Cuts off what lies at `at` and beyond. Empty, and nothing is cut, where there is no room to
  /// tell of one segment more: then it has to be carried out as it is, one part after the other.
  [[nodiscard]] segment split_off(std::size_t at) noexcept {
    SLUICE_ASSERT(at <= size_, "a segment was split behind its end");
    if (!of_->open_segment()) return {};
    segment rest(*of_, begin_ + at, size_ - at);
    size_ = at;
    return rest;
  }

  /// So many bytes, from its begin, were transferred, and this is why not more.
  void finish(std::size_t bytes, error why) noexcept {
    SLUICE_ASSERT(bytes <= size_, "more was transferred than was asked for");
    transfer& t = *std::exchange(of_, nullptr);
    t.landed(begin_, size_, bytes, bytes < size_ ? why : error());
  }
  void done() noexcept { finish(size_, {}); }
  void fail(error why) noexcept { finish(0, why); }

 private:
  segment(transfer& t, std::size_t begin, std::size_t size) noexcept
      : of_(&t), begin_(begin), size_(size) {}

  std::span<std::byte> aligned(std::size_t alignment) const noexcept {
    const std::span<std::byte> bytes = of_->buffer.subspan(begin_, size_);
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    return address % alignment == 0 ? bytes : std::span<std::byte>();
  }

  transfer* of_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sluice::inline v0

// Memory for direct transfers.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace sluice::inline v0::copying {

/// Aligned as every device takes it.
class aligned_buffer {
 public:
  static constexpr std::align_val_t alignment{4096};

  explicit aligned_buffer(std::size_t size)
      : at_(static_cast<std::byte*>(::operator new(size, alignment))), size_(size) {}
  std::span<std::byte> bytes() const noexcept { return {at_.get(), size_}; }

 private:
  struct give_back {
    void operator()(std::byte* p) const noexcept { ::operator delete(p, alignment); }
  };
  std::unique_ptr<std::byte, give_back> at_;
  std::size_t size_;
};

}  // namespace sluice::inline v0::copying

#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "sluice/core/config.hpp"

namespace sluice::inline v0::detail {

/// At most `Capacity` values in the order they came, in memory of its own.
template <class T, std::size_t Capacity>
class value_ring {
  static_assert(Capacity > 0);

 public:
  value_ring() noexcept {}
  ~value_ring() {
    while (!empty()) static_cast<void>(take());
  }
  value_ring(const value_ring&) = delete;
  value_ring& operator=(const value_ring&) = delete;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  bool full() const noexcept { return size_ == Capacity; }

  void put(T&& value) noexcept {
    SLUICE_ASSERT(!full(), "a value was put where there is no room");
    ::new (static_cast<void*>(storage_ + ((head_ + size_) % Capacity) * sizeof(T)))
        T(std::move(value));
    ++size_;
  }
  T take() noexcept {
    T* oldest = std::launder(reinterpret_cast<T*>(storage_ + head_ * sizeof(T)));
    T value = std::move(*oldest);
    oldest->~T();
    head_ = (head_ + 1) % Capacity;
    --size_;
    return value;
  }

 private:
  alignas(T) std::byte storage_[Capacity * sizeof(T)];
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sluice::inline v0::detail

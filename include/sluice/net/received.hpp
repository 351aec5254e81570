// What a connection gives bit by bit: what it receives, and how a send without copying ends.
#pragma once

#include "sluice/core/item_stream.hpp"
#include "sluice/net/ops.hpp"

namespace sluice::inline v0 {

/// Buffers that nobody has taken yet: a chain through themselves, so that there is always room.
class buffer_store {
 public:
  void put(pooled_buffer b) noexcept {
    pool_buffer* last = b.detach();
    last->next = nullptr;
    *tail_ = last;
    tail_ = &last->next;
    ++size_;
  }
  pooled_buffer take(space&) noexcept {
    pool_buffer* first = head_;
    head_ = first->next;
    if (head_ == nullptr) tail_ = &head_;
    --size_;
    return pooled_buffer(*first);
  }
  void clear(space& s) noexcept {
    while (size_ > 0) static_cast<void>(take(s));
  }
  bool empty() const noexcept { return size_ == 0; }
  bool has_room() const noexcept { return size_ < enough; }
  bool is_low() const noexcept { return size_ <= enough / 2; }

 private:
  static constexpr unsigned enough = 8;  // then nothing more is received until some are taken
  pool_buffer* head_ = nullptr;
  pool_buffer** tail_ = &head_;
  unsigned size_ = 0;
};

class received : public item_stream<ops::receive_many, buffer_store> {
 public:
  using item_stream::item_stream;
};

/// The single count that a send without copying gives.
class count_store {
 public:
  void put(std::size_t n) noexcept { count_ = n, full_ = true; }
  std::size_t take(space&) noexcept {
    full_ = false;
    return count_;
  }
  void clear(space&) noexcept {}
  bool empty() const noexcept { return !full_; }
  bool has_room() const noexcept { return !full_; }
  bool is_low() const noexcept { return false; }  // once is enough

 private:
  std::size_t count_ = 0;
  bool full_ = false;
};

class lent_send : public item_stream<ops::send_zc, count_store> {
 public:
  using item_stream::item_stream;
};

}  // namespace sluice::inline v0

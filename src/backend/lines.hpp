// Who waits for which stream: by descriptor, and by direction, in the order submitted. The first of a
// line is being carried out; the others wait behind it.
#pragma once

#include <memory>
#include <new>
#include <vector>

#include "sluice/core/operation.hpp"

namespace sluice::inline v0 {

struct native_slot;

struct stream_line {
  native_slot* first = nullptr;
  job_queue behind;
};

/// What a backend remembers of one descriptor while something waits for it.
struct stream_lines {
  stream_line in, out;
  int parked = -1;          // the last of a ring of connections that were accepted beyond the room
  std::uint32_t serial = 0;  // whose all this is: see system_id::serial
  std::uint8_t state = 0;   // of whoever watches the descriptor
};

class line_table {
 public:
  /// Null where there is no memory for it.
  stream_lines* of(int descriptor) noexcept {
    const auto chunk = static_cast<std::size_t>(descriptor) / chunk_size;
    if (chunk >= chunks_.size() || chunks_[chunk] == nullptr) [[unlikely]] {
      if (!make(chunk)) return nullptr;
    }
    return &chunks_[chunk][static_cast<std::size_t>(descriptor) % chunk_size];
  }
  /// Null where nothing ever waited.
  stream_lines* find(int descriptor) noexcept {
    const auto chunk = static_cast<std::size_t>(descriptor) / chunk_size;
    if (chunk >= chunks_.size() || chunks_[chunk] == nullptr) return nullptr;
    return &chunks_[chunk][static_cast<std::size_t>(descriptor) % chunk_size];
  }
  template <class Function>
  void each(const Function& f) noexcept {
    for (std::size_t c = 0; c < chunks_.size(); ++c) {
      for (std::size_t i = 0; chunks_[c] != nullptr && i < chunk_size; ++i)
        f(static_cast<int>(c * chunk_size + i), chunks_[c][i]);
    }
  }

 private:
  static constexpr std::size_t chunk_size = 64;

  bool make(std::size_t chunk) noexcept {
    try {
      if (chunk >= chunks_.size()) chunks_.resize(chunk + 1);
      chunks_[chunk] = std::make_unique<stream_lines[]>(chunk_size);
      return true;
    } catch (...) {
      return false;
    }
  }

  std::vector<std::unique_ptr<stream_lines[]>> chunks_;
};

}  // namespace sluice::inline v0

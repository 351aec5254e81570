// A transfer of any size. Whoever carries it out may split it into segments, which end in any
// order, each with its own result; see segment.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "sluice/core/operation.hpp"

namespace sluice::inline v0 {

/// What became of a transfer of many bytes, told also when it failed.
struct transfer_result {
  std::size_t done = 0;   // bytes from the start that were transferred
  std::size_t total = 0;  // bytes asked for
  error first_error;      // why the next byte was not
  bool end = false;       // the end of the file came first

  bool whole() const noexcept { return done == total; }
  explicit operator bool() const noexcept { return whole(); }
};

/// A part of a transfer, as it ended.
struct landed_segment {
  std::uint64_t tag = 0;  // the caller's, of the transfer
  std::size_t begin = 0;  // where the part begins in the buffer
  std::size_t size = 0;   // its bytes
  std::size_t done = 0;   // so many of them, from its begin, were transferred
  error failure;          // why the next one was not; errc::end_of_file behind the end
};

/// Who is told of segments as they land: a segment_stream, or an each_segment. It must outlive the
/// transfer; both functions are called on the thread of the transfer's driver.
struct segment_sink {
  /// Asked once for each segment that comes to be: is there room to tell of one more? Null: always.
  bool (*reserve)(segment_sink&) noexcept = nullptr;
  void (*land)(segment_sink&, const landed_segment&) noexcept = nullptr;
};

/// The operations read_segments and write_segments. For a read the buffer is filled, for a write it
/// is only looked at.
struct transfer : operation {
  transfer(op_kind k, space& s, handle_id i, std::span<std::byte> b, std::uint64_t o) noexcept
      : operation(k, s, i), buffer(b), offset(o) {}

  std::span<std::byte> buffer;
  std::uint64_t offset;
  std::uint64_t tag = 0;
  segment_sink* sink = nullptr;  // null: only the whole is asked for

  /// For who carries it out piece by piece: what a request to stop is handed on to.
  operation* asks = nullptr;
  bool stopping = false;
  /// For a sink: room for the first segment was kept when the transfer was begun, which may be long
  /// before anybody carries it out.
  bool has_room = false;

  /// Meaningful when it has ended.
  transfer_result outcome() const noexcept {
    const std::size_t prefix = ended_ ? (gap_ < buffer.size() ? gap_ : buffer.size()) : 0;
    return {prefix, buffer.size(), failure, end_};
  }

 private:
  friend class segment;

  void begun() noexcept {
    asks = nullptr;
    stopping = ended_ = end_ = false;
    gap_ = no_gap;
  }

  /// One segment more; false where nobody could be told of it.
  bool open_segment() noexcept {
    const bool kept = std::exchange(has_room, false);
    if (!kept && sink != nullptr && sink->reserve != nullptr && !sink->reserve(*sink)) return false;
    ++open_;
    return true;
  }

  void landed(std::size_t begin, std::size_t size, std::size_t done, error why) noexcept {
    if (done < size && begin + done < gap_) {
      gap_ = begin + done;
      failure = why;
    }
    if (sink != nullptr) sink->land(*sink, {tag, begin, size, done, why});
    if (--open_ > 0) return;
    ended_ = true;
    end_ = failure == errc::end_of_file;
    if (end_) failure = {};
    complete();
  }

  static constexpr std::size_t no_gap = static_cast<std::size_t>(-1);

  std::size_t gap_ = no_gap;  // the first byte that was not transferred
  std::size_t open_ = 0;      // segments that have not ended
  bool ended_ = false;
  bool end_ = false;
};

}  // namespace sluice::inline v0

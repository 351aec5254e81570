// The operations on streams, signals, children and time: arguments and results.
#pragma once

#include <cstdint>
#include <span>

#include "sluice/core/operation.hpp"
#include "sluice/core/transfer.hpp"
#include "sluice/fs/types.hpp"

namespace sluice::inline v0 {

struct signal_info {
  int number = 0;
  int code = 0;
  std::uint32_t sender_process = 0;
  std::uint32_t sender_user = 0;
};

struct child_exit {
  bool signaled = false;  // ended by a signal
  int status = 0;         // the exit status, or the signal's number
};

/// What a program knows of its next write to the same stream.
enum class next_write : std::uint8_t {
  unknown,
  at_once,  // it follows this one: what would leave in a packet that is not full may wait for it
};

namespace ops {

/// Completes when its deadline passes; needs nothing of a backend but its clock.
struct sleep : operation_of<op_kind::sleep, void> {
  sleep(space& s, time_point_ns duration) noexcept : operation_of(s, 0) {
    deadline.when = duration;
    limit = time_limit::after_submission;
  }
};

template <op_kind Kind, class Byte>
struct stream_transfer : operation_of<Kind, std::size_t> {
  stream_transfer(space& s, handle_id i, std::span<Byte> b) noexcept
      : operation_of<Kind, std::size_t>(s, i), buffer(b) {}
  void move_by(std::size_t) noexcept {}
  std::span<Byte> buffer;
};
struct read : stream_transfer<op_kind::read, std::byte> {
  using stream_transfer::stream_transfer;
};
/// `whole`: where it can, whoever carries it out keeps the stream for this write until all of it has
/// left; others wait behind it. `value` then counts even when the operation fails.
struct write : stream_transfer<op_kind::write, const std::byte> {
  write(space& s, handle_id i, std::span<const std::byte> b, next_write n = next_write::unknown) noexcept
      : stream_transfer(s, i, b), next(n) {}
  bool whole = false;
  next_write next;
  std::size_t done = 0;  // of those who carry it out
};

template <op_kind Kind>
struct stream_vector : operation_of<Kind, std::size_t> {
  stream_vector(space& s, handle_id i, std::span<const io_slice> v) noexcept
      : operation_of<Kind, std::size_t>(s, i), slices(v) {}
  std::span<const io_slice> slices;
};
struct readv : stream_vector<op_kind::readv> {
  using stream_vector::stream_vector;
};
struct writev : stream_vector<op_kind::writev> {
  writev(space& s, handle_id i, std::span<const io_slice> v, bool all = false,
         next_write n = next_write::unknown) noexcept
      : stream_vector(s, i, v), whole(all), next(n) {}
  transfer_result outcome() const noexcept {
    transfer_result r{this->value, 0, this->failure};
    for (const io_slice& s : slices) r.total += s.size;
    return r;
  }
  bool whole;  // as for write
  next_write next;
  std::size_t done = 0;
  alignas(8) std::byte header[56];  // what a socket's system wants to be told
};

struct wait_signal : operation_of<op_kind::wait_signal, signal_info> {
  using operation_of::operation_of;
  alignas(8) std::byte raw[128];  // the system's record
};

struct wait_child : operation_of<op_kind::wait_child, child_exit> {
  using operation_of::operation_of;
};

}  // namespace ops
}  // namespace sluice::inline v0

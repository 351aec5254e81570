// What flows in a simulated machine: the bytes of pipes and of connections, in each direction, and the
// connections that come to a listener. Whoever takes waits at one end, whoever brings at the other.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sluice/core/operation.hpp"
#include "sluice/sim/random.hpp"

namespace sluice::inline v0::sim {

using flight_number = std::uint64_t;

struct pipe {
  enum end : std::uint8_t { reader, writer };

  std::deque<std::byte> bytes;
  std::deque<handle_id> arrivals;  // at a listener: connections that nobody has accepted
  std::size_t room = 0;          // for so many more
  bool held[2] = {false, false};  // by a handle
  bool open[2] = {false, false};
  bool of_socket = false;        // else its ends are handles themselves
  bool connects = false;         // it is one direction of a connection
  bool reset = false;            // and what was in it is lost
  std::uint32_t generation = 0;
  std::deque<flight_number> waiting[2];  // in the order submitted
  bool looked_after = false;     // an event is on its way that moves bytes
};

/// Which end of which pipe.
struct pipe_end {
  pipe* of = nullptr;  // null: no such thing
  pipe::end which = pipe::reader;
};

class pipes {
 public:
  explicit pipes(handle_id ids) : ids_(ids) {}

  static constexpr bool about(handle_id id) noexcept { return (id & marks) == mark; }
  /// One that nobody has used. Throws std::bad_alloc.
  pipe& fresh(std::size_t room);
  /// Throws std::bad_alloc.
  void make(handle_id (&ends)[2], std::size_t room);
  pipe_end find(handle_id id) noexcept;
  std::size_t index_of(const pipe& p) const noexcept;
  pipe& at(std::size_t index) noexcept { return all_[index]; }
  std::uint64_t open_ends() const noexcept;
  void close_all() noexcept;

  /// Moves up to `most` bytes of what an operation wants to be moved, behind the first `skip` of it. A
  /// count, 0 at the end, -EPIPE or -ECONNRESET, or -EAGAIN when it has to wait.
  static std::int64_t transfer(pipe_end at, operation& op, std::size_t most, std::size_t skip = 0);
  /// The same for plain memory.
  static std::int64_t take(pipe& from, std::byte* into, std::size_t most);
  static std::int64_t put(pipe& into, const std::byte* from, std::size_t most);

 private:
  static constexpr handle_id mark = handle_id{1} << 30;
  static constexpr handle_id marks = mark | handle_id{1} << 29;  // both: a socket
  static constexpr handle_id writer_mark = 1;

  handle_id ids_;
  std::deque<pipe> all_;
};

}  // namespace sluice::inline v0::sim

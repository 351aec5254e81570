// One request and its answer.
#pragma once

#include <optional>
#include <string_view>

#include "http/request_head.hpp"
#include "http/response_head.hpp"
#include "wire.hpp"
#include "worker.hpp"

namespace sluice::serve {

struct exchange {
  exchange(worker& w, wire& o, connection_watch& c, const http::request_head& h)
      : at(w), out(o), watch(c), head(h), keep(h.keep_alive), room(w.buffers.take()) {}

  worker& at;
  wire& out;
  connection_watch& watch;
  const http::request_head& head;
  bool keep;            // the connection is kept after this answer
  bool followed = false;  // by bytes of another request, which have come already
  bool broken = false;  // the answer did not come to its end: the connection is of no use any more
  std::uint16_t status = 0;
  std::uint64_t body_sent = 0;
  std::int64_t now = 0;  // seconds since 1970
  buffer_lease room;
  /// For splice; of one answer, so that nothing of one that broke off is left in it for another client.
  std::optional<pipe_ends> pipe;
  task<void> close_pipe();

  bool head_only() const noexcept { return head.method == http::verb::head; }
  std::span<char> out_room() const noexcept { return room->out; }

  /// Writes the head of the answer to the front of the room, with what all answers say. Returns its
  /// bytes. A location that is too long for it is 500.
  std::size_t put_head(http::response_head& answer);

  /// Sends the front of the room, of which `body` bytes are of the body.
  task<void> send_front(std::size_t bytes, std::size_t body, next_write next = next_write::unknown);
  /// Sends more of the body.
  task<void> send_body(std::span<const char> bytes);
  /// The time for the next piece of the answer begins.
  void extend() noexcept;
  /// From here on pieces may be large: whatever the client takes puts its deadline off. False: it can't be
  /// seen what it takes.
  bool follow_progress() noexcept;
};

/// A small page that says what the status says; `more` may have fields besides.
task<void> answer_status(exchange& x, int status, http::response_head more);

}  // namespace sluice::serve

// What the models have in common: one worker, which serves connections of its own on one thread.
#pragma once

#include <string_view>

#include "access_log.hpp"
#include "connections.hpp"
#include "http/date.hpp"
#include "numbers.hpp"
#include "sluice/core/for_each.hpp"
#include "settings.hpp"
#include "tls.hpp"
#include "work_buffers.hpp"

namespace sluice::serve {

class site;
struct exchange;

/// What all workers of a process share.
struct service {
  const serve::settings& settings;
  const serve::site& site;
  const number_board& board;
  access_log* log = nullptr;         // null: none
  tls_context* tls = nullptr;        // null: plain
};

class worker {
 public:
  static constexpr std::size_t no_limit = SIZE_MAX;

  worker(const service& s, worker_numbers& n, std::size_t most_answers = no_limit) noexcept
      : of(s), count(n), answers(most_answers) {}
  virtual ~worker() = default;
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  const service& of;
  worker_numbers& count;
  buffer_shelf buffers;
  http::date_cache dates;
  connection_list connections;
  /// Answers that may have files open; the others wait in line for their turn, so that each finds the
  /// descriptors that it needs: what an answer had is closed before its place is free.
  limiter answers;

  bool draining() const noexcept { return of.board.common().draining.load(std::memory_order_relaxed); }

  /// Whether a client should give its connection up after this answer, because others wait for a worker.
  virtual bool others_wait() noexcept { return false; }
  /// Before the next request is read: asks the connection to leave where others want its place. A worker
  /// that blocks waits here, for them as well.
  virtual void await_request(connection_watch&, wire&) noexcept {}
};

/// One connection, from its first byte to its last. Nothing leaves it but its end.
task<void> serve_connection(worker& at, stream client);

}  // namespace sluice::serve

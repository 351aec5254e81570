// What is counted, in memory that all workers share, whether they are threads or processes.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>

#include "http/metrics.hpp"

namespace sluice::serve {

/// Of one worker, which counts alone.
struct worker_numbers {
  http::counter connections, refused, open, timeouts;
  http::counter kernel_tls;    // connections whose answers the kernel encrypts
  http::counter accept_failures;
  http::counter responses[6];  // by the first digit of their status
  http::counter bytes;         // of bodies
  http::counter broken;        // answers that could not be sent to their end
  http::duration_histogram seconds;
  std::atomic<bool> free = false;  // of a blocking model: it waits for a connection
};

/// What workers tell each other, and the one that started them tells all.
struct common_numbers {
  static constexpr std::size_t most_listeners = 16;

  std::atomic<int> clients = 0;
  std::atomic<int> free_workers[most_listeners] = {};  // of a blocking model, for each listener
  std::atomic<unsigned> generation = 0;  // counts the requests to read certificates and open logs again
  std::atomic<bool> draining = false;
};

/// Lives in memory that children share with the process that made it.
class number_board {
 public:
  /// Throws std::bad_alloc.
  explicit number_board(std::size_t workers);
  ~number_board();
  number_board(const number_board&) = delete;
  number_board& operator=(const number_board&) = delete;

  common_numbers& common() const noexcept { return *common_; }
  std::span<worker_numbers> workers() const noexcept { return {workers_, count_}; }

 private:
  std::size_t bytes_;
  std::size_t count_;
  void* memory_;
  common_numbers* common_;
  worker_numbers* workers_;
};

/// The page that Prometheus reads.
void write_metrics(http::text_out& out, const number_board& board);

}  // namespace sluice::serve

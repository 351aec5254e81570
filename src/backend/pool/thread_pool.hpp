#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "sluice/core/job.hpp"

namespace sluice::inline v0 {

/// Threads for blocking calls. They are started when there is work and none is idle, up to a limit,
/// and stay until the end. Jobs lie in their owners' memory.
class thread_pool {
 public:
  explicit thread_pool(unsigned limit) : limit_(limit) {}
  /// Waits for the jobs that were begun and for those still queued.
  ~thread_pool();

  void submit(job_queue& batch) noexcept;
  /// Takes a job back that no thread has begun.
  bool withdraw(job& j) noexcept;

 private:
  void work() noexcept;
  bool start_thread() noexcept;

  const unsigned limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  job_queue queue_;
  std::size_t queued_ = 0;
  unsigned idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::inline v0

#include "backend/pool/thread_pool.hpp"

#include <system_error>

#include "backend/pool/signals_off.hpp"

namespace sluice::inline v0 {

thread_pool::~thread_pool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& t : threads_)
    t.join();
}

bool thread_pool::start_thread() noexcept {
  const signals_off meanwhile;
  try {
    threads_.emplace_back([this] { work(); });
  } catch (...) {  // no more threads, or no memory: the ones there are do the work
    return false;
  }
  return true;
}

void thread_pool::submit(job_queue& batch) noexcept {
  std::size_t count = 0;
  bool nobody = false;
  {
    const std::lock_guard lock(mutex_);
    while (job* j = batch.pop()) {
      queue_.push(*j);
      ++queued_;
      ++count;
    }
    while (queued_ > idle_ && threads_.size() < limit_) {
      if (!start_thread()) break;
      ++idle_;  // it is on its way
    }
    nobody = threads_.empty();
  }
  if (nobody) {
    // Not one thread could be had: better slow than never.
    while (job* j = queue_.pop()) {
      --queued_;
      j->run(*j);
    }
    return;
  }
  if (count == 1) {
    wake_.notify_one();
  } else {
    wake_.notify_all();
  }
}

bool thread_pool::withdraw(job& j) noexcept {
  const std::lock_guard lock(mutex_);
  if (!queue_.remove(j)) return false;
  --queued_;
  return true;
}

void thread_pool::work() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return !queue_.empty() || ending_; });
    job* j = queue_.pop();
    if (j == nullptr) return;
    --queued_;
    --idle_;
    lock.unlock();
    j->run(*j);
    lock.lock();
    ++idle_;
  }
}

}  // namespace sluice::inline v0

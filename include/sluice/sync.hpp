// Everything without a loop: `auto n = sluice::sync(f.read_at(buffer, 0));`
#pragma once

#include <condition_variable>
#include <mutex>

#include "sluice/core/task.hpp"
#include "sluice/core/call.hpp"

namespace sluice::inline v0 {

/// Carries out operations on the calling thread, by blocking calls; a space that has to be driven
/// is driven until this operation is done, and no other task is resumed.
class sync_driver final : public driver {
 public:
  sync_driver() noexcept = default;

  void post(job& j) noexcept override;
  time_point_ns now() noexcept override;

  /// Runs what is ready, and waits for posts, until `done`.
  void run_until(const bool& done) noexcept;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  job_queue posted_;
};

/// Performs one operation to its end and gives its result. No loop, no coroutine, no allocation.
/// A deadline is looked at only where the operation has to wait for something that is not a call.
template <class Call>
  requires std::is_base_of_v<operation, std::remove_cvref_t<Call>>
auto sync(Call&& operation_call) {
  sync_driver here;
  operation& op = operation_call;
  bool done = false;
  op.waiter = &done;
  const auto finished = [](job& j) noexcept {
    *static_cast<bool*>(static_cast<operation&>(j).waiter) = true;
  };
  if (!operation_call.begin(here, nullptr, finished)) here.run_until(done);
  return operation_call.await_resume();
}

/// Runs a task to its end in the same way: each of its operations blocks.
template <class T>
T sync(task<T> work) {
  sync_driver here;
  bool done = false;
  promise_base& p = work.prepare(
      here, nullptr, &done, [](promise_base& ended) noexcept { *static_cast<bool*>(ended.owner) = true; });
  here.schedule(p);
  here.run_until(done);
  return work.take();
}

}  // namespace sluice::inline v0

// Everything without a loop: `auto n = sluice::sync(f.read_at(buffer, 0));`
#pragma once

#include <condition_variable>
#include <mutex>

#include "sluice/core/call.hpp"
#include "sluice/core/task.hpp"

namespace sluice::inline v0 {

/// Carries out operations on the calling thread, by blocking calls; a space that has to be driven
/// is driven until this operation is done, and no other task is resumed.
class sync_driver final : public driver {
 public:
  sync_driver() noexcept = default;

  void post(job& j) noexcept override;
  time_point_ns now() noexcept override;

  /// Runs what is ready, and waits for posts, until `done`. `waits` (null: nothing is known) is the
  /// source that everything here listens to: when nothing but coroutines in line is left, nobody can
  /// end their wait, and it ends with errc::would_deadlock.
  void run_until(const bool& done, stop_source* waits = nullptr) noexcept;

 private:
  void await_post(stop_source* waits) noexcept;
  void take_posts() noexcept;

  std::mutex mutex_;
  std::condition_variable wake_;
  job_queue posted_;
};

/// Performs one operation to its end and gives its result. No loop, no coroutine, no allocation, and
/// no other task is resumed. A deadline is looked at only where the operation has to wait for
/// something that is not a call: a blocking call that has begun goes on to its end. What can only be
/// done by a loop that waits for this thread ends with errc::would_deadlock.
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

/// Runs a task to its end in the same way: each of its operations blocks, and tasks that it starts
/// take turns. The tasks of a loop around it stand still meanwhile. A wait in a channel or a limiter
/// that nothing inside can end any more fails with errc::would_deadlock. A blocking call that waits
/// for one of those tasks, such as a read from a pipe that one would write, hangs: no one can tell.
template <class T>
T sync(task<T> work) {
  sync_driver here;
  stop_source waits(here);
  bool done = false;
  promise_base& p = work.prepare(
      here, &waits, &done, [](promise_base& ended) noexcept { *static_cast<bool*>(ended.owner) = true; });
  here.schedule(p);
  here.run_until(done, &waits);
  return work.take();
}

}  // namespace sluice::inline v0

#include "sluice/cores.hpp"

#include <system_error>

#include "loop/cores.hpp"
#include "loop/current.hpp"

namespace sluice::inline v0 {

cores::cores(const cores_options& options) {
  const unsigned count = options.count != 0 ? options.count : usable_cores();
  for (unsigned i = 0; i < count; ++i) {
    cores_.push_back(std::unique_ptr<core>(new core(*this, i, options.loop)));
  }
  threads_.reserve(count);
  try {
    for (auto& c : cores_) {
      const std::lock_guard lock(mutex_);
      threads_.emplace_back([this, &c, pinned = options.pin] { serve(*c, pinned); });
      ++inside_;
    }
  } catch (...) {
    end_threads();
    throw;
  }
}

cores::~cores() {
  stop();
  wait();
  end_threads();
}

/// A core's life, on its own thread.
void cores::serve(core& c, bool pinned) noexcept {
  if (pinned) pin_to_core(c.index_);
  do
    c.loop_.run();
  while (!ending_.load(std::memory_order_acquire));  // else somebody who is not us has stopped it
  std::unique_lock lock(mutex_);
  --inside_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return inside_ == 0; });
  lock.unlock();
  // What somebody began here by other means may still be in flight: only this thread can end it.
  cores_[c.index_].reset();
}

void cores::end_threads() noexcept {
  ending_.store(true, std::memory_order_release);
  for (std::size_t i = 0; i < threads_.size(); ++i)
    cores_[i]->loop_.stop();
  for (std::thread& t : threads_)
    t.join();
}

void cores::spawn(unsigned i, task<void> work) noexcept {
  core& c = *cores_[i];
  {
    const std::lock_guard lock(mutex_);
    ++children_;
  }
  promise_base& p = work.prepare(c.loop_, &c.stop_, this, [](promise_base& ended) noexcept {
    // The frame can't be destroyed while it suspends for the last time.
    ended.run = [](job& j) noexcept {
      auto& child = static_cast<detail::task_promise<void>&>(static_cast<promise_base&>(j));
      static_cast<cores*>(child.owner)->reap(child);
    };
    ended.home->schedule(ended);
  });
  work.release();
  c.loop_.post(p);
}

void cores::reap(detail::task_promise<void>& child) noexcept {
  std::exception_ptr thrown;
  try {
    child.take();
  } catch (...) {
    thrown = std::current_exception();
    stop();
  }
  std::coroutine_handle<detail::task_promise<void>>::from_promise(child).destroy();
  const std::lock_guard lock(mutex_);
  if (!thrown_) thrown_ = std::move(thrown);
  if (--children_ == 0) changed_.notify_all();
}

void cores::wait() noexcept {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return children_ == 0; });
}

void cores::join() {
  refuse_own_threads();
  wait();
  std::exception_ptr first;
  {
    const std::lock_guard lock(mutex_);
    first = std::exchange(thrown_, nullptr);
  }
  if (first) std::rethrow_exception(first);
}

void cores::stop() noexcept {
  if (stop_posted_.exchange(true, std::memory_order_relaxed)) return;
  for (auto& c : cores_)
    c->stop_.post_stop();
}

void cores::refuse_own_threads() const {
  for (const auto& c : cores_) {
    if (!current_driver_scope::on_this_thread(c->loop_)) continue;
    throw std::system_error(std::make_error_code(std::errc::resource_deadlock_would_occur),
                            "sluice: a core would wait for itself");
  }
}

}  // namespace sluice::inline v0

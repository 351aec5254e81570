#include "loop/thread_host.hpp"

#include "loop/cores.hpp"

namespace sluice::inline v0 {

void thread_host::run(const loop_options& options, body& b) noexcept {
  try {
    loop own(options);
    own.run(b.main(own));
    b.ended(own);
  } catch (...) {
    b.refused(std::current_exception());
  }
}

void thread_host::start(const loop_options& options, body& b) {
  const std::lock_guard lock(mutex_);
  threads_.emplace_back([this, options, &b] { run(options, b); });
}

/// Those that end may start others before they do.
void thread_host::join() {
  for (;;) {
    std::vector<std::thread> ending;
    {
      const std::lock_guard lock(mutex_);
      ending.swap(threads_);
    }
    if (ending.empty()) return;
    for (std::thread& t : ending)
      t.join();
  }
}

unsigned thread_host::cores() const noexcept {
  return usable_cores();
}

}  // namespace sluice::inline v0

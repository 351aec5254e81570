#pragma once

#include <mutex>
#include <thread>
#include <vector>

#include "sluice/crew.hpp"

namespace sluice::inline v0 {

/// A thread for each worker of a crew.
class thread_host final : public crew_host {
 public:
  void run(const loop_options& options, body& b) noexcept override;
  void start(const loop_options& options, body& b) override;
  void join() override;
  unsigned cores() const noexcept override;

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::inline v0

#pragma once

#include <atomic>
#include <thread>

#include "worker.hpp"

namespace sluice::serve {

/// A thread of each process that writes the log out, and reads certificates and opens logs anew when
/// the board says so.
class housekeeper {
 public:
  explicit housekeeper(const service& s) : of_(s), thread_([this] { run(); }) {}
  ~housekeeper() {
    over_ = true;
    thread_.join();
    if (of_.log != nullptr) of_.log->flush();
  }
  housekeeper(const housekeeper&) = delete;
  housekeeper& operator=(const housekeeper&) = delete;

 private:
  void run() noexcept;

  const service& of_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace sluice::serve

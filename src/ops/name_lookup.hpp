// A name that is looked up. The system's call can't be told to stop, so it runs on a thread that nobody
// waits for and uses nothing but its own memory: whoever asked may leave at any time.
#pragma once

#include <netdb.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "sluice/core/path_ref.hpp"

namespace sluice::inline v0 {

class name_lookup {
 public:
  struct answer {
    int code = EAI_SYSTEM;  // getaddrinfo's; 0: found
    int number = ECANCELED; // errno's, for EAI_SYSTEM
    addrinfo* found = nullptr;
  };

  /// Asks the system, here and now. Null stands for an empty name.
  static answer ask(const char* host, const char* service) noexcept;

  /// Begins one, which keeps copies of both names. `tells` is the end of a pair of sockets; it becomes the
  /// look-up's, and its other end gets a byte when there is an answer. Null, without memory or a thread.
  static name_lookup* begin(path_ref host, path_ref service, int tells) noexcept;

  /// What came of it, once the byte has; the list stays this look-up's.
  const answer& came() const noexcept {
    done_.wait(false, std::memory_order_acquire);
    return answer_;
  }

  /// The last use by whoever asked. Its thread goes on to the end of what it does.
  void leave() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  friend class lookup_threads;

  name_lookup(path_ref host, path_ref service, int tells);
  ~name_lookup();
  bool wanted() const noexcept { return owners_.load(std::memory_order_relaxed) > 1; }
  void run() noexcept;

  std::string host_, service_;
  const int tells_;
  answer answer_;
  std::atomic<bool> done_ = false;
  std::atomic<int> owners_ = 2;  // who asked, and the thread
  name_lookup* next_ = nullptr;       // in the threads' queue
};

}  // namespace sluice::inline v0

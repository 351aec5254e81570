#include "ops/name_lookup.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <thread>

#include "backend/pool/signals_off.hpp"

namespace sluice::inline v0 {

/// Threads that come when there are names to look up and go when there are none. Nothing has to be torn
/// down: one that is stuck in a look-up may outlive every loop, and main as well.
class lookup_threads {
 public:
  /// False: there is none, and none can be had.
  bool submit(name_lookup& l) noexcept {
    const std::lock_guard lock(mutex_);
    if (threads_ < most && start()) ++threads_;
    if (threads_ == 0) return false;
    (last_ == nullptr ? first_ : last_->next_) = &l;
    last_ = &l;
    return true;
  }

 private:
  /// A name server that keeps silent holds a thread for some ten seconds. Who waits behind can leave.
  static constexpr unsigned most = 32;

  bool start() noexcept {
    const signals_off meanwhile;
    try {
      std::thread([this] { work(); }).detach();
    } catch (...) {
      return false;
    }
    return true;
  }

  void work() noexcept {
    std::unique_lock lock(mutex_);
    while (name_lookup* l = first_) {
      first_ = l->next_;
      if (first_ == nullptr) last_ = nullptr;
      lock.unlock();
      l->run();
      lock.lock();
    }
    --threads_;
  }

  std::mutex mutex_;
  name_lookup* first_ = nullptr;
  name_lookup* last_ = nullptr;
  unsigned threads_ = 0;
};

namespace {
constinit lookup_threads threads;  // without a destructor: threads may use it while the process ends
static_assert(std::is_trivially_destructible_v<lookup_threads>);
}  // namespace

name_lookup::name_lookup(path_ref host, path_ref service, int tells)
    : host_(host.c_str(), host.size()), service_(service.c_str(), service.size()), tells_(tells) {}

name_lookup::~name_lookup() {
  if (answer_.found != nullptr) ::freeaddrinfo(answer_.found);
  ::close(tells_);
}

name_lookup::answer name_lookup::ask(const char* host, const char* service) noexcept {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  answer a;
  a.code = ::getaddrinfo(*host == '\0' ? nullptr : host, *service == '\0' ? nullptr : service, &hints,
                         &a.found);
  a.number = errno;
  return a;
}

name_lookup* name_lookup::begin(path_ref host, path_ref service, int tells) noexcept {
  name_lookup* l = nullptr;
  try {
    l = new name_lookup(host, service, tells);
  } catch (...) {
    ::close(tells);
    return nullptr;
  }
  if (threads.submit(*l)) return l;
  delete l;
  return nullptr;
}

void name_lookup::run() noexcept {
  if (wanted()) {
    answer_ = ask(host_.c_str(), service_.c_str());
    done_.store(true, std::memory_order_release);
    done_.notify_one();
    [[maybe_unused]] const auto told = ::send(tells_, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  leave();
}

}  // namespace sluice::inline v0

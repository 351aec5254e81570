#include "interruption.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "progress.hpp"
#include "report.hpp"
#include "urgent.hpp"

namespace sluice::tool {

namespace {

sigset_t set_of(std::initializer_list<int> numbers) noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : numbers) ::sigaddset(&set, number);
  return set;
}

bool is_ignored(int number) noexcept {
  struct sigaction now{};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// Calls that wait go on when the handler returns.
void handle(int number, void (*handler)(int)) noexcept {
  struct sigaction wanted{};
  wanted.sa_handler = handler;
  wanted.sa_mask = set_of({SIGINT, SIGTERM, SIGHUP, SIGALRM});
  wanted.sa_flags = SA_RESTART;
  ::sigaction(number, &wanted, nullptr);
}

void ring_after(int milliseconds) noexcept {
  const itimerval once{{0, 0}, {0, milliseconds * 1000}};
  ::setitimer(ITIMER_REAL, &once, nullptr);
}

/// As if the signal had never been looked at.
void end_by(int number) noexcept {
  ::signal(number, SIG_DFL);
  ::kill(::getpid(), number);
  const sigset_t only = set_of({number});
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
}

}  // namespace

std::atomic<interruption*> interruption::current_ = nullptr;

interruption::interruption(copy_stopper& stop) noexcept : stop_(stop) {
  current_ = this;
  const sigset_t alarm = set_of({SIGALRM});
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);  // whoever started us may have blocked it
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (is_ignored(number)) continue;
    ::sigaddset(&taken_, number);
    handle(number, on_signal);
  }
}

interruption::~interruption() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (::sigismember(&taken_, number) == 1) ::signal(number, SIG_DFL);
  }
  const int number = came_.load();
  if (number == 0) return;
  ring_after(0);
  std::fflush(stdout);
  end_by(number);
}

void interruption::on_signal(int number) noexcept {
  const int kept = errno;
  interruption& self = *current_.load();
  number == SIGALRM ? self.give_up() : self.heard(number);
  errno = kept;
}

/// From here on, everything in this file is called in the midst of anything: system calls and atomics.
void interruption::heard(int number) noexcept {
  int none = 0;
  if (!came_.compare_exchange_strong(none, number)) {
    progress::erase_for_good();
    return end_by(number);
  }
  stop_.request();
  handle(SIGALRM, on_signal);
  if (asking_.load()) return give_up();
  constexpr int patience = 500;  // milliseconds for what is under way
  ring_after(patience);
}

/// Whoever speaks may wait for a reader that never comes.
constexpr int at_most_for_words = 100;  // milliseconds

/// It waits for something that may never come; or somebody can't wait.
void interruption::give_up() noexcept {
  progress::erase_for_good();
  last_words* const also = also_.load();
  if (also != nullptr && heard_by_ == nullptr && waited_ < at_most_for_words) {
    if (!also->take_the_floor()) {
      ++waited_;
      return ring_after(1);
    }
    heard_by_ = also;
  }
  if (!stop_.remove_unfinished(this)) return ring_after(1);
  if (heard_by_ != nullptr) heard_by_->ended();
  end_by(came_.load());
}

void interruption::incomplete(std::string_view source, std::string_view target) noexcept {
  {
    urgent_line line;
    add_urgently(line, program());
    add_urgently(line, ": ");
    quote_urgently(line, target);
    add_urgently(line, " is incomplete");
  }
  if (heard_by_ != nullptr) heard_by_->incomplete(source, target);
}

void interruption::moved_away(std::string_view target, std::string_view backup) noexcept {
  {
    urgent_line line;
    add_urgently(line, program());
    add_urgently(line, ": the backup of ");
    quote_urgently(line, target);
    add_urgently(line, " stays ");
    quote_urgently(line, backup);
  }
  if (heard_by_ != nullptr) heard_by_->moved_away(target, backup);
}

}  // namespace sluice::tool

#include "progress.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "urgent.hpp"

namespace sluice::tool {

namespace {

/// One line, cut where a character begins. A byte is taken for a column at least.
void fit(std::string& text, std::size_t room) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  if (text.size() <= room) return;
  while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xc0) == 0x80) --room;
  text.resize(room);
}

constexpr const char* erasing = "\r\033[K";

}  // namespace

std::atomic<bool> progress::drawn_ = false, progress::over_ = false;

progress::progress(bool wanted) : shown_(wanted && ::isatty(STDERR_FILENO) != 0) {}

void progress::tick(const std::function<std::string()>& tell) {
  if (!shown_) return;
  using namespace std::chrono;
  constexpr std::int64_t every = 100;
  const auto now = duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
  std::int64_t due = due_.load(std::memory_order_relaxed);
  if (now < due || !due_.compare_exchange_strong(due, now + every)) return;
  draw(tell());
}

/// The cursor is left where the line begins: what a shell says after a sudden end replaces it.
void progress::draw(std::string text) {
  if (!shown_) return;
  fit(text, columns());
  const std::lock_guard lock(mutex_);
  if (over_) return;
  drawn_ = true;
  std::fputs(("\r" + text + "\033[K\r").c_str(), stderr);
}

std::unique_lock<std::mutex> progress::make_room() {
  if (!shown_) return {};
  std::unique_lock lock(mutex_);
  if (drawn_.exchange(false)) std::fputs(erasing, stderr);
  return lock;
}

/// Two signals may be heard at once, in two threads: the second one, which ends all, must not believe that
/// the line is gone before it is.
void progress::erase_for_good() noexcept {
  over_ = true;
  if (!drawn_) return;
  write_urgently(erasing);
  drawn_ = false;
}

void progress::erase_when_interrupted() const noexcept {
  if (!shown_) return;
  struct sigaction erases{};
  erases.sa_handler = [](int number) {
    erase_for_good();
    ::signal(number, SIG_DFL);  // not before: another thread may be hit by the next one
    ::kill(::getpid(), number);
  };
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before{};
    ::sigaction(number, &erases, &before);
    if (before.sa_handler == SIG_IGN) ::sigaction(number, &before, nullptr);
  }
}

std::size_t progress::columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 79;
  return size.ws_col - 1u;
}

}  // namespace sluice::tool

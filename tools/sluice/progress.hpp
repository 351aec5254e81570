#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

namespace sluice::tool {

/// One line at the end of the terminal that is drawn again and again, on stderr. Thread-safe.
class progress {
 public:
  /// Nothing is shown where stderr is no terminal.
  explicit progress(bool wanted);
  ~progress() { erase(); }

  bool shown() const noexcept { return shown_; }
  /// Draws what `tell` says, if that is due: some times a second.
  void tick(const std::function<std::string()>& tell);
  /// Draws this.
  void draw(std::string text);
  /// Makes room for something else on the terminal: nothing is drawn while the lock is held.
  std::unique_lock<std::mutex> make_room();
  void erase() { make_room(); }
  /// Takes away what is drawn, in the midst of anything, and draws no more: the process is about to
  /// end.
  static void erase_for_good() noexcept;
  /// The same by the signals that end a command, for one that has nothing else to do about them.
  void erase_when_interrupted() const noexcept;
  /// How wide a line may be.
  static std::size_t columns();

 private:
  const bool shown_;
  std::atomic<std::int64_t> due_ = 0;
  std::mutex mutex_;
  static std::atomic<bool> drawn_, over_;  // there is one line at the end of a terminal
};

}  // namespace sluice::tool

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
  /// How wide a line may be.
  static std::size_t columns();

 private:
  const bool shown_;
  std::atomic<std::int64_t> due_ = 0;
  std::mutex mutex_;
  bool drawn_ = false;
};

}  // namespace sluice::tool

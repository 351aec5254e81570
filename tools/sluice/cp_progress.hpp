// --progress: one line on the terminal that tells how far the copy is.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>

#include "cp_expected.hpp"
#include "progress.hpp"

namespace sluice::tool {

/// How fast something has grown lately.
class recent_rate {
 public:
  /// What there is at a time, in milliseconds.
  void add(std::int64_t now, double amount);
  /// In a second; 0 while nobody can tell.
  double now() const noexcept;

 private:
  static constexpr std::int64_t span = 5000;  // milliseconds that are looked back
  struct sample {
    std::int64_t when;
    double amount;
  };
  std::deque<sample> samples_;
};

class cp_progress {
 public:
  /// Begins to count and to draw if it was asked for and standard error is a terminal; takes what
  /// descriptors it needs from the limits. The tally must outlive it.
  cp_progress(const cp_command& c, const copy_tally& done, tree_limits& limits);
  /// Takes the line away.
  ~cp_progress();

  /// Nothing is drawn while this is held, and what is printed gets a line of its own.
  std::unique_lock<std::mutex> make_room() { return line_.make_room(); }
  /// Says once more what was done, and leaves it there.
  void finish();

 private:
  void draw_often();
  std::string text(std::int64_t now);
  void stop();

  const copy_tally& done_;
  progress line_;
  const std::chrono::steady_clock::time_point began_;
  std::unique_ptr<cp_expected> expected_;
  recent_rate bytes_, work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread drawer_;
};

}  // namespace sluice::tool

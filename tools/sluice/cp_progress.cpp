#include "cp_progress.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

namespace sluice::tool {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds between_lines{100};

std::int64_t since(steady_clock::time_point t) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - t).count();
}

/// "512", "1.2K", "34M": to the nearest, as a rate and an amount in the midst of growing should be.
std::string in_words(std::uint64_t bytes) {
  auto amount = static_cast<double>(bytes);
  const char* unit = "\0KMGTPE";
  for (; amount >= 999.5 && unit[1] != '\0'; ++unit) amount /= 1024;
  char text[16];
  std::snprintf(text, sizeof text, *unit != '\0' && amount < 9.95 ? "%.1f%c" : "%.0f%c", amount, *unit);
  return text;
}

/// "0:07", "12:34", "3:00:00".
std::string duration(std::uint64_t seconds) {
  char text[40];
  const unsigned long long minutes = seconds / 60;
  if (minutes < 60) {
    std::snprintf(text, sizeof text, "%llu:%02u", minutes, static_cast<unsigned>(seconds % 60));
  } else {
    std::snprintf(text, sizeof text, "%llu:%02u:%02u", minutes / 60,
                  static_cast<unsigned>(minutes % 60), static_cast<unsigned>(seconds % 60));
  }
  return text;
}

/// Small files cost by number, large ones by size: a file as much as so many bytes.
double work_of(std::uint64_t files, std::uint64_t bytes) {
  constexpr double bytes_a_file = 32 * 1024;
  return static_cast<double>(bytes) + bytes_a_file * static_cast<double>(files);
}

std::string bar(double part, std::size_t width) {
  if (width < 12) return {};
  width = std::min<std::size_t>(width, 42) - 2;
  const auto full = static_cast<std::size_t>(part * static_cast<double>(width));
  std::string text = "[" + std::string(full, '=');
  if (full < width) text += '>';
  text.resize(width + 1, ' ');
  return text + "]";
}

}  // namespace

void recent_rate::add(std::int64_t now, double amount) {
  samples_.push_back({now, amount});
  while (samples_.size() > 2 && samples_[1].when <= now - span) samples_.pop_front();
}

double recent_rate::now() const noexcept {
  if (samples_.size() < 2) return 0;
  const sample& first = samples_.front();
  const sample& last = samples_.back();
  const auto took = static_cast<double>(last.when - first.when);
  return took <= 0 ? 0 : (last.amount - first.amount) * 1000 / took;
}

cp_progress::cp_progress(const cp_command& c, const copy_tally& done, tree_limits& limits)
    : done_(done), line_(c.progress), began_(steady_clock::now()) {
  if (!line_.shown()) return;
  if (limits.open_directories > 2 * cp_expected::descriptors) {
    limits.open_directories -= cp_expected::descriptors;
    expected_ = std::make_unique<cp_expected>(c);
  }
  drawer_ = std::thread([this] { draw_often(); });
}

cp_progress::~cp_progress() {
  stop();
  line_.erase();
}

void cp_progress::stop() {
  if (!drawer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  drawer_.join();
  expected_.reset();
}

void cp_progress::draw_often() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, between_lines, [this] { return over_; })) {
    line_.draw(text(since(began_)));
  }
}

/// " 42% [====>     ] 1.2G of 2.9G, 3104 of 8042 files, 312M/s, 0:05 left"
std::string cp_progress::text(std::int64_t now) {
  const std::uint64_t files = done_.files + done_.left;
  const std::uint64_t bytes = done_.bytes;
  const double work = work_of(files, bytes + done_.bytes_left);
  bytes_.add(now, static_cast<double>(bytes));
  work_.add(now, work);
  std::string amounts = in_words(bytes);
  std::string count = std::to_string(files);
  std::string left;
  double part = -1;
  if (expected_ != nullptr && expected_->complete()) {
    const double all = std::max(work_of(expected_->files(), expected_->bytes()), 1.0);
    part = std::min(work / all, 1.0);
    amounts += " of " + in_words(expected_->bytes());
    count += " of " + std::to_string(expected_->files());
    const double rate = work_.now();
    if (rate > 0) {
      const double seconds = (all - std::min(work, all)) / rate + 0.99;
      if (seconds < 360'000) left = ", " + duration(static_cast<std::uint64_t>(seconds)) + " left";
    }
  }
  const std::string speed = in_words(static_cast<std::uint64_t>(bytes_.now()));
  const std::string said = amounts + ", " + count + " files, " + speed + "/s" + left;
  if (part < 0) return said;
  char percent[8];
  std::snprintf(percent, sizeof percent, "%3d%% ", static_cast<int>(part * 100));
  const std::size_t room = progress::columns();
  const std::size_t used = said.size() + sizeof percent;
  std::string drawn = bar(part, room > used ? room - used : 0);
  if (!drawn.empty()) drawn += ' ';
  return percent + drawn + said;
}

void cp_progress::finish() {
  if (!line_.shown()) return;
  stop();
  const auto took = static_cast<std::uint64_t>(std::max<std::int64_t>(since(began_), 1));
  const std::uint64_t bytes = done_.bytes;
  const std::string said = in_words(bytes) + ", " + std::to_string(done_.files) + " files, " +
                           duration((took + 500) / 1000) + ", " + in_words(bytes * 1000 / took) + "/s\n";
  const auto making_room = line_.make_room();
  std::fputs(said.c_str(), stderr);
}

}  // namespace sluice::tool

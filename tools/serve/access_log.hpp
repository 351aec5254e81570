// Lines of the access log on their way to a file.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

namespace sluice::serve {

/// Lines are gathered, and written together a few times a second. Members are for any thread.
class access_log {
 public:
  /// "-" is standard output. Throws std::system_error if it can't be opened.
  explicit access_log(std::string path);
  ~access_log();
  access_log(const access_log&) = delete;
  access_log& operator=(const access_log&) = delete;

  void add(std::string_view line) noexcept;
  /// Writes out what there is. What can't be written is lost, and is told of once.
  void flush() noexcept;
  /// Opens the file anew, which somebody may have moved away; keeps the old one if that fails.
  void reopen() noexcept;

 private:
  static int open(const std::string& path) noexcept;

  const std::string path_;
  std::mutex mutex_;     // of held_
  std::mutex writing_;   // of what follows; taken first where both are
  int fd_ = -1;
  bool told_ = false;
  std::string held_;
  std::string spare_;
};

}  // namespace sluice::serve

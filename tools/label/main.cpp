// sluice-label: tells `sluice cp -Z` which contexts SELinux' policy has for files. A program of its own,
// since it loads libselinux: when it runs, and so nothing else needs to have that.
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "label/messages.hpp"

namespace sluice::label {

namespace {

/// What is needed of libselinux; as its manual pages have it.
class policy {
 public:
  /// 0, or an error's number.
  int open() {
    void* const library = ::dlopen("libselinux.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return ENOENT;
    open_ = reinterpret_cast<decltype(open_)>(::dlsym(library, "selabel_open"));
    look_up_ = reinterpret_cast<decltype(look_up_)>(::dlsym(library, "selabel_lookup_raw"));
    free_ = reinterpret_cast<decltype(free_)>(::dlsym(library, "freecon"));
    if (open_ == nullptr || look_up_ == nullptr || free_ == nullptr) return ENOSYS;
    constexpr unsigned for_files = 0;
    errno = 0;
    handle_ = open_(for_files, nullptr, 0);
    return handle_ != nullptr ? 0 : errno != 0 ? errno : EIO;
  }

  int look_up(const std::string& path, mode_t mode, std::string& found) {
    char* context = nullptr;
    if (look_up_(handle_, &context, path.c_str(), static_cast<int>(mode)) != 0) {
      return errno == ENOENT ? ENODATA : errno;  // it is no file that is not there
    }
    found = context;
    free_(context);
    return 0;
  }

 private:
  void* (*open_)(unsigned, const void*, unsigned) = nullptr;
  int (*look_up_)(void*, char**, const char*, int) = nullptr;
  void (*free_)(char*) = nullptr;
  void* handle_ = nullptr;
};

std::string real_path(const std::string& path) {
  char* const whole = ::realpath(path.c_str(), nullptr);
  const std::string found = whole != nullptr ? whole : "";
  ::free(whole);
  return found;
}

bool is_link(const std::string& path) {
  struct stat s{};
  return ::lstat(path.c_str(), &s) == 0 && S_ISLNK(s.st_mode);
}

/// The path that the policy is asked for: an absolute one as it is, as by GNU cp, except that something
/// that was reached through a link is not what the link's name says.
std::string name_to_ask(std::string path, mode_t mode) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const bool absolute = path.starts_with('/');
  if (!S_ISLNK(mode) && (!absolute || is_link(path))) {
    std::string real = real_path(path);
    if (!real.empty()) return real;
  }
  if (absolute) return path;
  const std::size_t slash = path.rfind('/');
  const std::string above = real_path(slash == std::string::npos ? "." : path.substr(0, slash));
  if (above.empty()) return path;
  return (above == "/" ? "" : above) + '/' + path.substr(slash + 1);
}

bool say(std::int32_t status, const std::string& text) {
  std::string answer(reinterpret_cast<const char*>(&status), sizeof status);
  answer += text;
  return ::send(STDIN_FILENO, answer.data(), answer.size(), MSG_NOSIGNAL) >= 0;
}

int run() {
  // Who is interrupted may have to undo what it did, and ends this when it is done.
  for (const int s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(s, SIG_IGN);
  policy p;
  const int ready = p.open();
  if (!say(ready, {}) || ready != 0) return 1;
  std::vector<char> question(largest);
  for (;;) {
    const ssize_t n = ::recv(STDIN_FILENO, question.data(), question.size(), 0);
    std::uint32_t mode = 0;
    if (n < static_cast<ssize_t>(sizeof mode)) return 0;
    std::memcpy(&mode, question.data(), sizeof mode);
    const std::string path(question.data() + sizeof mode, static_cast<std::size_t>(n) - sizeof mode);
    std::string found;
    const int status = p.look_up(name_to_ask(path, mode), mode, found);
    if (!say(status, found)) return 0;
  }
}

}  // namespace

}  // namespace sluice::label

int main() { return sluice::label::run(); }

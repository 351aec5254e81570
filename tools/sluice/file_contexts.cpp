#include "file_contexts.hpp"

#include <errno.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "companion.hpp"
#include "label/messages.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

namespace {

std::unexpected<error> failed(int number) { return std::unexpected(error(number, system_domain)); }

/// Its standard input is the connection, which both sides write to. 0, or an error's number.
int start(int connection, pid_t& child) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, connection, STDIN_FILENO);
  char name[] = "sluice-label";
  char* const argv[] = {name, nullptr};
  int failure = ENOENT;
  for (const std::string& place : companion_places(name)) {
    failure = ::posix_spawn(&child, place.c_str(), &actions, nullptr, argv, environ);
    if (failure != ENOENT) break;
  }
  ::posix_spawn_file_actions_destroy(&actions);
  return failure;
}

mode_t mode_of(file_type t) noexcept {
  switch (t) {
    case file_type::fifo: return S_IFIFO;
    case file_type::character: return S_IFCHR;
    case file_type::directory: return S_IFDIR;
    case file_type::block: return S_IFBLK;
    case file_type::regular: return S_IFREG;
    case file_type::symlink: return S_IFLNK;
    case file_type::socket: return S_IFSOCK;
    default: return 0;  // any
  }
}

struct span_of_text {
  std::size_t begin, end;
};

/// The third of `user:role:type:range`, of which the last may hold colons of its own.
span_of_text type_in(const std::string& context) noexcept {
  const std::size_t user = context.find(':');
  const std::size_t role = user == std::string::npos ? user : context.find(':', user + 1);
  if (role == std::string::npos) return {context.size(), context.size()};
  return {role + 1, std::min(context.find(':', role + 1), context.size())};
}

std::string with_type_of(const std::string& now, const std::string& policy) {
  const span_of_text from = type_in(policy), to = type_in(now);
  if (from.begin == from.end || to.begin == to.end) return policy;
  return now.substr(0, to.begin) + policy.substr(from.begin, from.end - from.begin) + now.substr(to.end);
}

}  // namespace

result<std::shared_ptr<file_contexts>> file_contexts::open() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return failed(errno);
  pid_t child = -1;
  const int failure = start(ends[1], child);
  ::close(ends[1]);
  if (failure != 0) {
    ::close(ends[0]);
    return failed(failure);
  }
  const std::shared_ptr<file_contexts> made(new file_contexts(ends[0], child));
  auto ready = made->receive();
  if (!ready) return std::unexpected(ready.error());
  return made;
}

file_contexts::file_contexts(int connection, pid_t child)
    : room_(label::largest), connection_(connection), child_(child) {}

file_contexts::~file_contexts() {
  ::close(connection_);  // and so it ends
  ::waitpid(child_, nullptr, 0);
}

result<std::string> file_contexts::receive() {
  ssize_t n = 0;
  do {
    n = ::recv(connection_, room_.data(), room_.size(), 0);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return failed(errno);
  std::int32_t status = 0;
  if (static_cast<std::size_t>(n) < sizeof status) return failed(EPIPE);  // it has died
  std::memcpy(&status, room_.data(), sizeof status);
  if (status != 0) return failed(status);
  return std::string(room_.data() + sizeof status, static_cast<std::size_t>(n) - sizeof status);
}

result<std::string> file_contexts::find(const std::string& path, file_type is, const std::string& now) {
  const std::uint32_t mode = mode_of(is);
  if (path.size() + sizeof mode > label::largest) return failed(ENAMETOOLONG);
  std::string question(reinterpret_cast<const char*>(&mode), sizeof mode);
  question += path;
  const std::lock_guard lock(asking_);
  const ssize_t sent = ::send(connection_, question.data(), question.size(), MSG_NOSIGNAL);
  if (sent < 0) return failed(errno);
  auto policy = receive();
  if (!policy || now.empty()) return policy;
  return with_type_of(now, *policy);
}

}  // namespace sluice::tool

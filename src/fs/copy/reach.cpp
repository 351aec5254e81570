// Dry runs: where symbolic links lead, among what is there and what would have been made.
#include <algorithm>
#include <cerrno>

#include "core/system_error.hpp"
#include "fs/copy/context.hpp"
#include "fs/copy/paths.hpp"

namespace sluice::inline v0::copying {

namespace {

task<std::string> text_supposed(context& c, const std::string& path) {
  const std::string* supposed = c.supposed.text_of(path);
  if (supposed != nullptr) co_return *supposed;
  auto reading = read_text(c.target_base, path);
  std::string text = co_await std::move(reading);
  co_return text;
}

/// The path's first name, which is taken from it; empty if it begins with a slash.
std::string take_name(std::string& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  std::string name = path.substr(0, end);
  path.erase(0, end + 1);
  return name;
}

/// From a directory that is no link, in which paths begin with `at`, to the one above it.
void go_up(std::string& at) {
  if (at == "/") return;
  if (at.empty() || last_name_of(at) == "..") {
    at += "../";
  } else {
    at.erase(last_name_in(at));
  }
}

}  // namespace

task<std::string> read_text(const dir& in, path_ref name) {
  std::string text(4096, '\0');
  auto read = co_await in.readlink(name, text);
  text.resize(read ? *read : 0);
  co_return text;
}

task<result<file_status>> stat_supposed(context& c, std::string path) {
  const file_status* made = c.supposed.find(path);
  if (made != nullptr) co_return *made;
  const std::string name = path.empty() ? "." : path;
  auto there = co_await c.target_base.stat(name, stat_mask::basic, lookup::no_follow);
  if (there) c.supposed.correct(*there);
  co_return there;
}

task<result<file_status>> reach_supposed(context& c, std::string path) {
  constexpr unsigned most = 40;  // links, as the system's
  std::string rest = path.substr(last_name_in(path));
  std::string at = rehearsal::key_of(path.substr(0, last_name_in(path)));
  auto beginning = stat_supposed(c, at);
  auto reached = co_await std::move(beginning);
  for (unsigned links = 0; reached && !rest.empty();) {
    if (reached->type != file_type::directory) co_return std::unexpected(error(errc::not_directory));
    const std::string name = take_name(rest);
    if (name.empty() || name == ".") continue;
    std::string above = at;
    if (name == "..") {
      go_up(at);
    } else {
      at += name;
    }
    auto looking = stat_supposed(c, at);
    reached = co_await std::move(looking);
    if (!reached || reached->type != file_type::symlink) {
      if (name != "..") at += '/';
      continue;
    }
    if (++links > most) co_return std::unexpected(system_error(-ELOOP));
    auto reading = text_supposed(c, at);
    const std::string text = co_await std::move(reading);
    at = text.starts_with('/') ? "/" : std::move(above);
    rest = text + '/' + rest;
    auto going_back = stat_supposed(c, at);
    reached = co_await std::move(going_back);
  }
  co_return reached;
}

}  // namespace sluice::inline v0::copying

#include "lookup.hpp"

#include <cstring>

#include "sluice/sync.hpp"

namespace sluice::serve {

namespace {

constexpr open_mode confined = open_mode::read | open_mode::beneath | open_mode::no_magic_links;
constexpr open_mode one_step = open_mode::read | open_mode::no_follow;

}  // namespace

beneath::beneath(dir root) : root_(std::move(root)) {
  // An old kernel doesn't know the call, and filters of containers may answer that it is forbidden.
  auto probe = sync(root_.open_dir(".", confined));
  confined_ = probe.has_value();
}

template <class Handle>
task<result<Handle>> beneath::step_by_step(char* path) const {
  dir at;
  for (char* slash = std::strchr(path, '/'); slash != nullptr; slash = std::strchr(path, '/')) {
    *slash = '\0';
    const dir& from = at ? at : root_;
    auto next = co_await from.open_dir(path, one_step);
    *slash = '/';
    if (!next) co_return std::unexpected(next.error());
    at = std::move(*next);
    path = slash + 1;
  }
  const dir& from = at ? at : root_;
  if constexpr (std::is_same_v<Handle, dir>) {
    auto opened = co_await from.open_dir(path, one_step);
    co_return opened;
  } else {
    auto opened = co_await from.open(path, one_step);
    co_return opened;
  }
}

task<result<file>> beneath::open(char* path) const {
  if (!confined_) return step_by_step<file>(path);
  return [](const dir& root, const char* name) -> task<result<file>> {
    auto opened = co_await root.open(name, confined);
    co_return opened;
  }(root_, path);
}

task<result<dir>> beneath::open_dir(char* path) const {
  if (!confined_) return step_by_step<dir>(path);
  return [](const dir& root, const char* name) -> task<result<dir>> {
    auto opened = co_await root.open_dir(name, confined);
    co_return opened;
  }(root_, path);
}

}  // namespace sluice::serve

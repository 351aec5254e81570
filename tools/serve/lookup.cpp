#include "lookup.hpp"

#include <cstring>

#include "sluice/sync.hpp"
#include "sluice/system.hpp"

namespace sluice::serve {

namespace {

constexpr open_mode confined = open_mode::read | open_mode::beneath | open_mode::no_magic_links;
constexpr open_mode one_step = open_mode::read | open_mode::no_follow;

}  // namespace

task<bool> some_may_be_closed(error lacks, unsigned tried) {
  if (lacks != errc::too_many_files || tried == 10) co_return false;
  const auto slept = co_await system().sleep(10'000'000);
  co_return slept.has_value();
}

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

template <class Handle>
task<result<Handle>> beneath::find(char* path) const {
  for (unsigned tried = 0;; ++tried) {
    result<Handle> found = std::unexpected(error());
    if (!confined_) {
      auto steps = step_by_step<Handle>(path);
      auto opened = co_await std::move(steps);
      found = std::move(opened);
    } else if constexpr (std::is_same_v<Handle, dir>) {
      auto opened = co_await root_.open_dir(path, confined);
      found = std::move(opened);
    } else {
      auto opened = co_await root_.open(path, confined);
      found = std::move(opened);
    }
    if (found) co_return found;
    const bool again = co_await some_may_be_closed(found.error(), tried);
    if (!again) co_return found;
  }
}

task<result<file>> beneath::open(char* path) const { return find<file>(path); }

task<result<dir>> beneath::open_dir(char* path) const { return find<dir>(path); }

}  // namespace sluice::serve

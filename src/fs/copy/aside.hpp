#pragma once

#include <string>

#include "fs/copy/context.hpp"
#include "fs/copy/unfinished.hpp"

namespace sluice::inline v0::copying {

/// Makes something under a name that nobody has, `aside`.
template <class Make>
task<result<void>> make_aside(context& c, const item& i, Make make, std::string& aside) {
  constexpr unsigned enough = 1000;
  result<void> made;
  for (unsigned n = 0; n < enough; ++n) {
    aside = name_beside(c, i.target_name);
    auto making = make(path_ref(aside));
    made = co_await std::move(making);
    if (made || made.error() != errc::exists) break;
  }
  co_return made;
}

/// Puts what `make(path)` makes where something stands, by way of a name aside: there is always
/// something under the target's name.
template <class Make>
task<result<void>> replace_target(context& c, const item& i, Make make) {
  std::string aside;
  auto making = make_aside(c, i, make, aside);
  result<void> made = co_await std::move(making);
  if (!made) co_return made;
  unfinished_file unfinished;
  auto ours = co_await i.to.stat(aside, stat_mask::inode, lookup::no_follow);
  if (!ours) co_return std::unexpected(ours.error());
  const identity who = identity_of(*ours);
  unfinished.begin(c.options.stop, i.to, aside, who);
  auto renamed = co_await i.to.rename(aside, i.to, i.target_name);
  // It is left where it was when it failed, and when both were names of one file.
  auto removing = remove_own(i.to, aside, who);
  const auto gone = co_await std::move(removing);
  static_cast<void>(gone);
  co_return renamed;
}

}  // namespace sluice::inline v0::copying

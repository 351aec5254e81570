#pragma once

#include <string>

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

/// Puts what `make(path)` makes where something stands, by way of a name aside: there is always
/// something under the target's name.
template <class Make>
task<result<void>> replace_target(const item& i, Make make) {
  constexpr unsigned enough = 1000;
  const std::string target(i.target_name.c_str(), i.target_name.size());
  const std::string above = target.substr(0, target.rfind('/') + 1);
  result<void> made;
  std::string aside;
  for (unsigned n = 0; n < enough; ++n) {
    aside = above + ".new-" + std::to_string(n);
    auto making = make(path_ref(aside));
    made = co_await std::move(making);
    if (made || made.error() != errc::exists) break;
  }
  if (!made) co_return made;
  auto renamed = co_await i.to.rename(aside, i.to, i.target_name);
  // It is left where it was when it failed, and when both were names of one file.
  auto gone = co_await i.to.unlink(aside);
  static_cast<void>(gone);
  co_return renamed;
}

}  // namespace sluice::inline v0::copying

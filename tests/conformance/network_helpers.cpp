#include "conformance/network_helpers.hpp"

#include <unistd.h>

#include <atomic>

namespace sluice::conformance {

namespace {

task<result<place_to_call>> listen_at(place& p, address where, socket_settings how) {
  const network net(p.root.in());
  auto l = co_await net.listen(where, how);
  if (!l) co_return std::unexpected(l.error());
  const auto at = co_await l->local_address();
  if (!at) co_return std::unexpected(at.error());
  co_return place_to_call(std::move(*l), *at);
}

task<result<connection>> pair_at(place& p, address where, socket_settings how) {
  auto listening = listen_at(p, where, how);
  auto door = co_await std::move(listening);
  if (!door) co_return std::unexpected(door.error());
  const network net(p.root.in());
  auto ours = co_await net.connect(door->at, how);
  if (!ours) co_return std::unexpected(ours.error());
  auto theirs = co_await door->l.accept();
  if (!theirs) co_return std::unexpected(theirs.error());
  co_return connection(std::move(*ours), std::move(*theirs));
}

}  // namespace

task<result<place_to_call>> open_listener(place& p, socket_settings how) {
  return listen_at(p, address::loopback(0), how);
}

task<result<connection>> connected_pair(place& p) {
  return pair_at(p, address::loopback(0), socket_settings());
}
task<result<connection>> connected_pair(place& p, socket_settings how) {
  return pair_at(p, address::loopback(0), how);
}

task<result<connection>> local_pair(place& p) {
  static std::atomic<unsigned> made = 0;
  const std::string name =
      "@sluice-" + std::to_string(::getpid()) + "-" + std::to_string(made.fetch_add(1));
  return pair_at(p, address::local(name).value(), socket_settings());
}

}  // namespace sluice::conformance

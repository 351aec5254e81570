// What cases about connections do.
#pragma once

#include "conformance/helpers.hpp"
#include "sluice/net/network.hpp"

namespace sluice::conformance {

struct connection {
  stream ours, theirs;
  connection(stream a, stream b) noexcept : ours(std::move(a)), theirs(std::move(b)) {}
};

/// The two ends of a connection over this machine's loopback.
task<result<connection>> connected_pair(place& p);
task<result<connection>> connected_pair(place& p, socket_settings how);
/// Of a Unix one.
task<result<connection>> local_pair(place& p);

struct place_to_call {
  listener l;
  address at;
  place_to_call(listener opened, address where) noexcept : l(std::move(opened)), at(where) {}
};
/// Over loopback, at a port that was free.
task<result<place_to_call>> open_listener(place& p, socket_settings how = socket_settings());

}  // namespace sluice::conformance

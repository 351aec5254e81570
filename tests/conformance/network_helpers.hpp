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

}  // namespace sluice::conformance

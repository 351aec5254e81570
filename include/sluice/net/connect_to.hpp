#pragma once

#include "sluice/core/task.hpp"
#include "sluice/net/network.hpp"

namespace sluice::inline v0 {

struct connect_options {
  socket_settings settings;
  /// How long an address may keep us waiting before the next one is tried beside it.
  time_point_ns head_start = 250'000'000;
  /// How long all of it may take, the look-up too; then it is errc::timed_out.
  time_point_ns within = never;
};

/// A connection to a host by name. Looks it up, and tries its addresses, both families in turn, each
/// when the one before it has failed or kept us waiting; the first connection is taken, and the other
/// attempts are cancelled ("happy eyeballs", RFC 8305). The error is the look-up's, or that of the first
/// address. At most 16 addresses are tried. Listens to the awaiting task's stop source: whatever it is
/// about, it then ends at once with errc::canceled, as it does when its time is over. Both names must
/// stay until it completes.
task<result<stream>> connect_to(network net, path_ref host, path_ref service,
                                connect_options how = connect_options());
/// The same for addresses that are known.
task<result<stream>> connect_to_any(network net, std::span<const address> addresses,
                                    connect_options how = connect_options());

}  // namespace sluice::inline v0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sluice/core/error.hpp"
#include "sluice/core/timer_heap.hpp"
#include "sluice/net/address.hpp"

namespace sluice::tool {

struct echo_options {
  bool serve = false;
  address at = address::loopback(7777);
  bool json = false;
  // of the server
  std::size_t buffer_size = 4096;
  time_point_ns send_timeout = 30'000'000'000;  // for a peer that takes nothing
  // of the load
  std::uint64_t connections = 16;
  std::uint64_t size = 64;         // bytes of a message
  std::uint64_t rate = 0;          // messages a second of all connections together; 0: what it takes
  std::uint64_t messages = 0;      // of each connection; 0: until the time is over
  time_point_ns duration = 10'000'000'000;
  time_point_ns warmup = 0;        // messages of this time don't count
  bool histogram = false;
  time_point_ns hold = 0;          // connections stay idle for so long at the end
};

enum class parsed : std::uint8_t { run, done, wrong };

/// `wrong` after a complaint; `done` when all there was to do is done.
parsed parse_echo_options(int argc, char** argv, echo_options& into);

extern const char echo_help[];

}  // namespace sluice::tool

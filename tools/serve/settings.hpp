// What the command line asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sluice/net/address.hpp"

namespace sluice::serve {

/// The four designs of a server; see docs/guide/16-serving.md.
/// `automatic` is the last one where the system allows it, else the one before.
enum class model : std::uint8_t { automatic, processes, threads, epoll, uring };

/// How the bytes of a file travel to the client. `automatic` reads small files and sends large ones.
enum class copying : std::uint8_t { automatic, rw, mmap, sendfile, splice, zc };

struct settings {
  std::string root;
  std::vector<address> listen;
  std::vector<address> metrics_listen;
  serve::model model = serve::model::automatic;
  copying copy = copying::automatic;
  unsigned workers = 0;  // 0: as many as fit the model
  bool list = false;
  bool hidden = false;
  std::string certificate;  // PEM files; both or none
  std::string key;
  std::string access_log;   // empty: none; "-": standard output

  unsigned clients = 12000;
  std::size_t head_bytes = 16 * 1024;
  unsigned header_seconds = 10;  // for a whole head, and for the handshake
  unsigned idle_seconds = 60;    // between requests
  unsigned send_seconds = 60;    // for each piece of an answer, see body.cpp
  unsigned drain_seconds = 30;
};

/// Whether files are to go past OpenSSL, which the kernel's TLS has to allow. What goes fastest through it is
/// not known to be faster past it, so that has to be asked for.
inline bool passes_tls(const settings& s) noexcept {
  return !s.certificate.empty() && s.copy != copying::automatic && s.copy != copying::rw;
}

}  // namespace sluice::serve

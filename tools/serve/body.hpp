// The ways that bytes of a file take to a client.
#pragma once

#include "exchange.hpp"
#include "sluice/fs/file.hpp"

namespace sluice::serve {

/// `size` bytes of a file from `offset` on.
struct file_part {
  const file& from;
  std::uint64_t offset;
  std::uint64_t size;
};

struct send_way {
  /// Sends the first `front` bytes of the exchange's room, and then a part of a file. A file that ends too
  /// early leaves the exchange `broken`: its client has to see that, and sees it when the connection ends.
  task<void> (*send)(exchange& x, std::size_t front, file_part part);
  /// Gets what `send` needs besides, as long as the answer may still be another one. Null: nothing.
  error (*prepare)(exchange& x) noexcept = nullptr;
};

send_way way_of(copying how) noexcept;

}  // namespace sluice::serve

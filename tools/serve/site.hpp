// What is served: the files of a directory, or numbers about the server.
#pragma once

#include "exchange.hpp"

namespace sluice::serve {

class site {
 public:
  virtual ~site() = default;
  /// Answers a request whose head is whole and right. What can't be sent to its end is `broken`.
  virtual task<void> answer(exchange& x) const = 0;
  /// How many descriptors an answer may hold at once.
  virtual std::size_t most_open() const noexcept { return 0; }
};

}  // namespace sluice::serve

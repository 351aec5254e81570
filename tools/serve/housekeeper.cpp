#include "housekeeper.hpp"

#include <chrono>

namespace sluice::serve {

void housekeeper::run() noexcept {
  unsigned seen = 0;  // what was read at the start, perhaps by another process and long ago
  while (!over_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (of_.log != nullptr) of_.log->flush();
    const unsigned wanted = of_.board.common().generation;
    if (wanted == seen) continue;
    seen = wanted;
    if (of_.log != nullptr) of_.log->reopen();
    if (of_.tls != nullptr) of_.tls->reload();
  }
}

}  // namespace sluice::serve

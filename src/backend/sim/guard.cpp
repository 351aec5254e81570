#include "backend/sim/guard.hpp"

#include <algorithm>
#include <cstring>

#include "backend/sim/poison.hpp"

namespace sluice::inline v0::sim {

namespace {

constexpr int pattern = 0xa7;
constexpr std::size_t most_watched = 16 << 20;  // bytes of a buffer: larger ones, from their start

/// Eight bytes at a time: buffers may be large.
std::uint64_t sum_of(const region& r) noexcept {
  std::uint64_t sum = r.size;
  std::size_t at = 0;
  for (; at + 8 <= r.size; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, r.data + at, 8);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15;
    sum ^= sum >> 29;
  }
  for (; at < r.size; ++at) {
    sum = (sum ^ static_cast<std::uint64_t>(r.data[at])) * 0x100000001b3;
  }
  return sum;
}

}  // namespace

void guard::lend(operation& op) {
  regions_of(op, [&](region r) {
    r.size = std::min(r.size, most_watched);
    lent& l = all_.emplace_back(r, 0, std::vector<std::byte>());
    if (r.filled && !poisons) {
      l.content.assign(r.data, r.data + r.size);
      std::memset(r.data, pattern, r.size);
    }
  });
  patterned_ = true;
  keep();
}

bool guard::unchanged(const lent& l) const noexcept {
  return (l.at.filled && poisons) || sum_of(l.at) == l.sum;
}

const char* guard::use() noexcept {
  const char* found = nullptr;
  for (lent& l : all_) {
    if (l.at.filled) unpoison(l.at.data, l.at.size);
    if (!unchanged(l)) {
      found = l.at.filled ? "somebody wrote into a buffer that the machine was to fill"
                          : "what the machine was to read changed in the meantime";
    }
    if (l.at.filled && !poisons && patterned_) {
      std::memcpy(l.at.data, l.content.data(), l.at.size);
    }
  }
  patterned_ = false;
  return found;
}

void guard::keep() noexcept {
  for (lent& l : all_) {
    if (l.at.filled && poisons) {
      poison(l.at.data, l.at.size);
    } else {
      l.sum = sum_of(l.at);
    }
  }
}

const char* guard::give_back() noexcept {
  const char* found = use();
  all_.clear();
  return found;
}

}  // namespace sluice::inline v0::sim

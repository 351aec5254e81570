// What sluice and sluice-label say to each other, over a socket that keeps messages apart.
//
// sluice-label says first whether it is ready. Then each question is the kind of file, as the upper bits of a
// mode in 32 bits, and its path; each answer an error's number in 32 bits, and the context.
#pragma once

#include <cstddef>

namespace sluice::label {

inline constexpr std::size_t largest = 64 << 10;

}  // namespace sluice::label

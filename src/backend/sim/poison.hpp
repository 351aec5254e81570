// Memory that traps when it is touched, where the program was built with the address sanitizer.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define SLUICE_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLUICE_POISONS 1
#endif
#endif

#ifdef SLUICE_POISONS
#include <sanitizer/asan_interface.h>
#endif

namespace sluice::inline v0::sim {

#ifdef SLUICE_POISONS
inline constexpr bool poisons = true;
inline void poison(const void* p, std::size_t n) noexcept { __asan_poison_memory_region(p, n); }
inline void unpoison(const void* p, std::size_t n) noexcept { __asan_unpoison_memory_region(p, n); }
#else
inline constexpr bool poisons = false;
inline void poison(const void*, std::size_t) noexcept {}
inline void unpoison(const void*, std::size_t) noexcept {}
#endif

}  // namespace sluice::inline v0::sim

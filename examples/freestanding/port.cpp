// What the core needs from whoever ports it, on a machine that has nothing. The only things asked of
// the kernel that runs this for the test are to write a line and to end.
#include "port.hpp"

#include <sluice/core/error.hpp>
#include <sluice/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace {

#if defined(__x86_64__)
enum : long { write_call = 1, exit_call = 231 };
long system_call(long number, long a, long b, long c) noexcept {
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
asm(".globl _start\n_start:\n  xor %ebp, %ebp\n  and $-16, %rsp\n  call begin\n");
#elif defined(__aarch64__)
enum : long { write_call = 64, exit_call = 94 };
long system_call(long number, long a, long b, long c) noexcept {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}
asm(".globl _start\n_start:\n  bl begin\n");
#endif

void say(const char* text) noexcept {
  std::size_t n = 0;
  while (text[n] != '\0') ++n;
  system_call(write_call, 1, reinterpret_cast<std::intptr_t>(text), static_cast<long>(n));
}

[[noreturn]] void end(int status) noexcept {
  for (;;) system_call(exit_call, status, 0, 0);
}

// Frames come from an array: blocks of one size, on a list of those that are free.
constexpr std::size_t block_size = 2048;
constexpr unsigned block_count = 32;
union block {
  block* next;
  alignas(16) std::byte bytes[block_size];
};
block blocks[block_count];
block* free_blocks = nullptr;
unsigned never_used = 0, in_use = 0;

sluice::driver* current = nullptr;

}  // namespace

namespace sluice::inline v0 {

constexpr error_domain core_domain{
    "sluice", [](std::int32_t code) noexcept { return static_cast<errc>(code); },
    [](std::int32_t, char* text, std::size_t size) noexcept {
      if (size > 0) text[0] = '\0';  // no texts here
    }};

namespace port {

void panic(const char* why) noexcept {
  say(why);
  end(100);
}

driver* current_driver() noexcept { return current; }
void set_current_driver(driver* d) noexcept { current = d; }

void* allocate_frame(std::size_t bytes) {
  if (bytes > block_size) panic("a frame is too large\n");
  block* b = free_blocks;
  if (b != nullptr) {
    free_blocks = b->next;
  } else if (never_used < block_count) {
    b = &blocks[never_used++];
  } else {
    panic("no room for another frame\n");
  }
  ++in_use;
  return b->bytes;
}

void release_frame(void* frame, std::size_t) noexcept {
  auto* b = static_cast<block*>(frame);
  b->next = free_blocks;
  free_blocks = b;
  --in_use;
}

}  // namespace port
}  // namespace sluice::inline v0

// Compilers call these where they see fit, and the table of an abstract class names the last.
extern "C" {

void* memcpy(void* to, const void* from, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) static_cast<volatile char*>(to)[i] = static_cast<const char*>(from)[i];
  return to;
}
void* memset(void* at, int value, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) static_cast<volatile char*>(at)[i] = static_cast<char>(value);
  return at;
}
[[noreturn]] void __cxa_pure_virtual() { sluice::port::panic("a function without a body\n"); }

[[noreturn]] void begin() {
  const int failed = use_the_disk();
  if (failed == 0 && in_use == 0) {
    say("the disk did as it was asked, without a system\n");
    end(0);
  }
  say(failed != 0 ? "the disk did not do as it was asked\n" : "frames are left over\n");
  end(failed != 0 ? failed : 50);
}
}

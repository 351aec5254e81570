#pragma once

#include <concepts>
#include <cstddef>

namespace sluice::inline v0 {

/// A path as the operating system wants it: bytes with a terminating NUL. It owns nothing; what it
/// points to must stay until the operation completes. It is made from literals, C strings and
/// anything with c_str() and size(); a std::string_view has no terminator and is refused.
class path_ref {
 public:
  constexpr path_ref() noexcept = default;
  constexpr path_ref(const char* text) noexcept : text_(text), size_(length(text)) {}
  constexpr path_ref(const char* text, std::size_t size) noexcept : text_(text), size_(size) {}
  template <class S>
    requires requires(const S& s) {
      { s.c_str() } -> std::convertible_to<const char*>;
      { s.size() } -> std::convertible_to<std::size_t>;
    }
  constexpr path_ref(const S& s) noexcept : text_(s.c_str()), size_(s.size()) {}

  constexpr const char* c_str() const noexcept { return text_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }

 private:
  static constexpr std::size_t length(const char* text) noexcept {
    std::size_t n = 0;
    while (text[n] != '\0') ++n;
    return n;
  }

  const char* text_ = "";
  std::size_t size_ = 0;
};

}  // namespace sluice::inline v0

// TLS's sending side in the kernel: it goes on encrypting where OpenSSL stops, so that bodies need not pass
// through the program. Receiving stays OpenSSL's.
#pragma once

#include <linux/tls.h>

#include <cstddef>
#include <cstdint>
#include <span>

struct bio_st;

namespace sluice::serve {

/// Whether the kernel has TLS of its own; for root it loads that if need be.
bool kernel_has_tls() noexcept;

/// What OpenSSL encrypts with, and how many records it has sent so: the kernel has to begin with the next.
class sending_keys {
 public:
  sending_keys() noexcept = default;
  ~sending_keys() { forget(); }
  sending_keys(const sending_keys&) = delete;
  sending_keys& operator=(const sending_keys&) = delete;

  /// Learns the keys from what OpenSSL says to the BIO that it writes to. For as long as that BIO lives.
  void watch(bio_st& out) noexcept;
  /// What was in the BIO is being sent.
  void count(std::span<const char> records) noexcept;
  /// The kernel encrypts what is written to the connection from here on. False: it can't, not with this
  /// cipher or on this socket; OpenSSL goes on. Asked once.
  bool hand_over(int fd) noexcept;
  /// They are not those that OpenSSL uses any more.
  void forget() noexcept;

 private:
  static long hear(bio_st* out, int what, const char* about, std::size_t, int control, long sending,
                   int result, std::size_t*) noexcept;
  void take(const void* keys, std::size_t waiting) noexcept;

  tls_crypto_info head() const noexcept;

  unsigned char keys_[64] = {};   // one of the kernel's structs, whose beginning says which
  std::size_t size_ = 0;     // of what is in it; 0: nothing
  std::size_t older_ = 0;    // bytes in the BIO that other keys have encrypted
  std::uint64_t sent_ = 0;   // records
};

/// Whether TCP has taken everything that the kernel has encrypted, and has room for more.
bool has_room(int fd) noexcept;

/// Tells the client that nothing more will come. Only where there is room for that, since it does not wait.
void send_close_notify(int fd) noexcept;

}  // namespace sluice::serve

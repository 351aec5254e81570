#include "kernel_tls.hpp"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace sluice::serve {

namespace {

/// By this number OpenSSL offers keys to a socket's BIO, as the kernel wants them; it has no public name. A
/// BIO that does not know it refuses, and OpenSSL encrypts by itself.
constexpr int offer_keys = 72;

bool use_tls(int fd) noexcept { return ::setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0; }

/// Numbers of TLS begin with their highest byte.
template <std::size_t Size>
void add(unsigned char (&number)[Size], std::uint64_t n) noexcept {
  for (std::size_t i = Size; i-- > 0; n >>= 8) {
    n += number[i];
    number[i] = static_cast<unsigned char>(n);
  }
}

/// Up to TLS 1.2, AES' nonces are counted by themselves; else they follow from the record's number.
template <class Keys>
void advance(unsigned char* kept, std::uint64_t records) noexcept {
  Keys k;
  std::memcpy(&k, kept, sizeof k);
  add(k.rec_seq, records);
  if (k.info.version == TLS_1_2_VERSION && sizeof k.iv == sizeof k.rec_seq) add(k.iv, records);
  std::memcpy(kept, &k, sizeof k);
  OPENSSL_cleanse(&k, sizeof k);
}

using gcm_128 = tls12_crypto_info_aes_gcm_128;
using gcm_256 = tls12_crypto_info_aes_gcm_256;
using chacha = tls12_crypto_info_chacha20_poly1305;

}  // namespace

bool kernel_has_tls() noexcept {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  // TLS refuses a socket that has no peer, and says so; nobody else gives that reason.
  const bool there = use_tls(fd) || errno == ENOTCONN;
  ::close(fd);
  return there;
}

void sending_keys::watch(BIO& out) noexcept {
  BIO_set_callback_ex(&out, hear);
  BIO_set_callback_arg(&out, reinterpret_cast<char*>(this));
}

long sending_keys::hear(BIO* out, int what, const char* about, std::size_t, int control, long sending,
                        int result, std::size_t*) noexcept {
  if (what == BIO_CB_CTRL && control == offer_keys && sending != 0) {
    auto* const self = reinterpret_cast<sending_keys*>(BIO_get_callback_arg(out));
    self->take(about, BIO_ctrl_pending(out));
  }
  return result;
}

void sending_keys::take(const void* keys, std::size_t waiting) noexcept {
  static_assert(sizeof(gcm_128) <= sizeof keys_ && sizeof(gcm_256) <= sizeof keys_ &&
                sizeof(chacha) <= sizeof keys_);
  forget();
  tls_crypto_info offered;
  std::memcpy(&offered, keys, sizeof offered);
  switch (offered.cipher_type) {
    case TLS_CIPHER_AES_GCM_128: size_ = sizeof(gcm_128); break;
    case TLS_CIPHER_AES_GCM_256: size_ = sizeof(gcm_256); break;
    case TLS_CIPHER_CHACHA20_POLY1305: size_ = sizeof(chacha); break;
    default: return;
  }
  std::memcpy(keys_, keys, size_);
  older_ = waiting;
}

void sending_keys::count(std::span<const char> records) noexcept {
  if (size_ == 0) return;
  constexpr std::size_t head = 5;  // what it is, version, and size
  for (auto left = records.subspan(older_); !left.empty(); ++sent_) {
    const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(left[i])}; };
    const std::size_t size = left.size() < head ? SIZE_MAX : head + (byte(3) << 8 | byte(4));
    if (size > left.size()) return forget();
    left = left.subspan(size);
  }
  older_ = 0;
}

bool sending_keys::hand_over(int fd) noexcept {
  if (size_ == 0) return false;
  switch (head().cipher_type) {
    case TLS_CIPHER_AES_GCM_128: advance<gcm_128>(keys_, sent_); break;
    case TLS_CIPHER_AES_GCM_256: advance<gcm_256>(keys_, sent_); break;
    default: advance<chacha>(keys_, sent_); break;
  }
  // Where only the second is refused, the socket sends what it is given as before.
  const bool taken =
      use_tls(fd) && ::setsockopt(fd, SOL_TLS, TLS_TX, keys_, static_cast<socklen_t>(size_)) == 0;
  forget();
  return taken;
}

tls_crypto_info sending_keys::head() const noexcept {
  tls_crypto_info found;
  std::memcpy(&found, keys_, sizeof found);
  return found;
}

void sending_keys::forget() noexcept {
  OPENSSL_cleanse(keys_, sizeof keys_);
  size_ = older_ = 0;
  sent_ = 0;
}

bool has_room(int fd) noexcept {
  // A socket is writable when a third of its buffer is free, which is when the kernel's TLS goes on with
  // records that found no room; and a record is less than that.
  pollfd p{fd, POLLOUT, 0};
  return ::poll(&p, 1, 0) != 0;
}

void send_close_notify(int fd) noexcept {
  constexpr unsigned char alert = 21;
  unsigned char warning[] = {1, 0};
  iovec bytes{warning, sizeof warning};
  alignas(cmsghdr) unsigned char control[CMSG_SPACE(sizeof alert)] = {};
  msghdr m{};
  m.msg_iov = &bytes;
  m.msg_iovlen = 1;
  m.msg_control = control;
  m.msg_controllen = sizeof control;
  cmsghdr* const type = CMSG_FIRSTHDR(&m);
  type->cmsg_level = SOL_TLS;
  type->cmsg_type = TLS_SET_RECORD_TYPE;
  type->cmsg_len = CMSG_LEN(sizeof alert);
  std::memcpy(CMSG_DATA(type), &alert, sizeof alert);
  static_cast<void>(::sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace sluice::serve

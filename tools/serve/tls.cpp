#include "tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <system_error>

#include "sluice/system.hpp"

namespace sluice::serve {

namespace {

/// What OpenSSL has against a file that should hold a certificate or a key. What is not PEM at all it calls
/// something without a start line, or unsupported.
std::runtime_error bad_file(const std::string& path, const std::string& wanted) {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const int reason = ERR_GET_REASON(code);
  if (ERR_SYSTEM_ERROR(code))
    return std::runtime_error(path + ": " + std::generic_category().message(reason));
  const int library = ERR_GET_LIB(code);
  if ((library == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) || library == ERR_LIB_OSSL_DECODER)
    return std::runtime_error(path + " holds no PEM " + wanted);
  const char* const text = ERR_reason_error_string(code);
  return std::runtime_error(path + ": " + (text != nullptr ? text : "unknown reason"));
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                    unsigned in_size, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int r = SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, in, in_size);
  *out = chosen;
  return r == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

tls_context::tls_context(std::string certificate, std::string key, bool by_kernel)
    : certificate_(std::move(certificate)), key_(std::move(key)), by_kernel_(by_kernel), current_(load()) {}

std::shared_ptr<SSL_CTX> tls_context::load() const {
  std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (made == nullptr) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (by_kernel_) SSL_CTX_set_options(made.get(), SSL_OP_ENABLE_KTLS);  // it offers keys, see sending_keys
  // Buffers go when nothing is under way in them: an idle connection has 10 KiB less in memory.
  SSL_CTX_set_mode(made.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(made.get(), choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(made.get(), certificate_.c_str()) != 1)
    throw bad_file(certificate_, "certificate");
  const bool used = SSL_CTX_use_PrivateKey_file(made.get(), key_.c_str(), SSL_FILETYPE_PEM) == 1;
  const auto code = ERR_peek_error();
  const bool of_another = ERR_GET_LIB(code) == ERR_LIB_X509;
  if (!used && !of_another) throw bad_file(key_, "private key");
  if (!used || SSL_CTX_check_private_key(made.get()) != 1)
    throw std::runtime_error(key_ + " is not the key of " + certificate_);
  return made;
}

void tls_context::reload() noexcept {
  try {
    auto fresh = load();
    const std::lock_guard hold(mutex_);
    current_.swap(fresh);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sluice serve: %s; the old certificate stays\n", e.what());
  }
}

std::unique_ptr<tls_wire> tls_context::accept(const stream& s, http::counter& by_kernel) {
  const std::lock_guard hold(mutex_);
  return std::make_unique<tls_wire>(s, *current_, by_kernel);
}

tls_wire::tls_wire(const stream& s, SSL_CTX& context, http::counter& by_kernel)
    : wire(s), ssl_(SSL_new(&context)), by_kernel_(by_kernel) {
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (ssl_ == nullptr || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
  BIO_set_mem_eof_return(in, -1);  // empty means: wait, not: the end
  if ((SSL_get_options(ssl_) & SSL_OP_ENABLE_KTLS) != 0) keys_.watch(*out);
  SSL_set_bio(ssl_, in, out);
  SSL_set_accept_state(ssl_);
}

tls_wire::~tls_wire() { SSL_free(ssl_); }

/// What came, into OpenSSL's hands. errc::end_of_file when nothing more will.
task<error> tls_wire::feed() {
  std::byte bytes[4096];
  const auto n = co_await socket_.read_some(bytes);
  if (!n) co_return n.error();
  if (*n == 0) co_return error(errc::end_of_file);
  const int taken = BIO_write(SSL_get_rbio(ssl_), bytes, static_cast<int>(*n));
  co_return taken == static_cast<int>(*n) ? error() : error(errc::out_of_memory);
}

/// What OpenSSL wants sent.
task<error> tls_wire::flush() {
  BIO* const out = SSL_get_wbio(ssl_);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  if (size <= 0) co_return error();
  const std::span records(bytes, static_cast<std::size_t>(size));
  keys_.count(records);
  const auto all = std::as_bytes(records);
  const auto sent = co_await socket_.write_all(all);
  static_cast<void>(BIO_reset(out));
  if (!sent && !sent.first_error) co_return error(errc::broken_pipe);
  co_return sent.first_error;
}

task<bool> tls_wire::handshake() {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    const int what = SSL_get_error(ssl_, done);
    const error sent = co_await flush();  // an alert is sent, too
    if (sent) co_return false;
    if (done == 1) co_return true;
    if (what != SSL_ERROR_WANT_READ) co_return false;
    const error got = co_await feed();
    if (got) co_return false;
  }
}

/// Whether OpenSSL has something to say of its own: an alert, or, with what is written next, that it renews
/// its keys, since the client wants that. They are then not those that it told of. Where the kernel encrypts,
/// nothing of it can be said.
bool tls_wire::has_to_speak() noexcept {
  const bool yes = BIO_ctrl_pending(SSL_get_wbio(ssl_)) > 0 ||
                   SSL_get_key_update_type(ssl_) != SSL_KEY_UPDATE_NONE;
  if (yes) keys_.forget();
  return yes;
}

task<result<std::size_t>> tls_wire::read(std::span<char> into) {
  for (;;) {
    ERR_clear_error();
    std::size_t n = 0;
    const int done = SSL_read_ex(ssl_, into.data(), into.size(), &n);
    const int what = SSL_get_error(ssl_, done);
    if (has_to_speak() && kernel_encrypts_) co_return std::unexpected(error(errc::connection_reset));
    const error sent = co_await flush();
    if (done == 1) co_return n;
    if (what == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
    if (sent) co_return std::unexpected(sent);
    if (what != SSL_ERROR_WANT_READ) co_return std::unexpected(error(errc::connection_reset));
    const error got = co_await feed();
    if (got == errc::end_of_file) co_return std::size_t{0};
    if (got) co_return std::unexpected(got);
  }
}

/// What came together with something else is here already, decrypted or not. Part of a record does not
/// count; an end, and what is wrong, do.
bool tls_wire::has_pending() noexcept {
  ERR_clear_error();
  char next = 0;
  std::size_t n = 0;
  const int done = SSL_peek_ex(ssl_, &next, 1, &n);
  return done == 1 || SSL_get_error(ssl_, done) != SSL_ERROR_WANT_READ;
}

bool tls_wire::may_be_passed() noexcept {
  if (kernel_encrypts_ || has_to_speak()) return kernel_encrypts_;
  kernel_encrypts_ = keys_.hand_over(system_space::descriptor(socket_));
  if (kernel_encrypts_) by_kernel_.add();
  return kernel_encrypts_;
}

bool tls_wire::settled() noexcept {
  return !kernel_encrypts_ || has_room(system_space::descriptor(socket_));
}

/// A call that is asked to send all at once is refused by the kernel's TLS: "whole" is a flag that it does
/// not know.
task<error> tls_wire::write_plainly(std::span<const char> bytes, next_write next) {
  for (auto left = std::as_bytes(bytes); !left.empty();) {
    const auto sent = co_await call<ops::write>(socket_.in(), socket_.id(), left, next);
    if (!sent) co_return sent.error();
    left = left.subspan(*sent);
  }
  co_return error();
}

task<error> tls_wire::write(std::span<const char> bytes, next_write next) {
  if (kernel_encrypts_) {
    const error e = co_await write_plainly(bytes, next);
    co_return e;
  }
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t n = 0;
    // A record at a time would be a send at a time: four go together.
    for (int records = 0; records < 4 && !bytes.empty(); ++records) {
      const auto piece = bytes.first(std::min(bytes.size(), record));
      if (SSL_write_ex(ssl_, piece.data(), piece.size(), &n) != 1)
        co_return error(errc::connection_reset);
      bytes = bytes.subspan(n);
    }
    const error sent = co_await flush();
    if (sent) co_return sent;
  }
  co_return error();
}

task<void> tls_wire::say_end() {
  if (kernel_encrypts_) {
    // No shutdown: behind one, the kernel could not send what it has encrypted and TCP had no room for.
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN);
    send_close_notify(system_space::descriptor(socket_));
    co_return;
  }
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
  const error sent = co_await flush();
  static_cast<void>(sent);  // a client that is gone needs not be told
  const auto said = co_await socket_.shutdown(shutdown_side::writing);
  static_cast<void>(said);
}

}  // namespace sluice::serve

// TLS over a connection, by OpenSSL, which sees memory only: the bytes travel as all others do. Where files
// are to go past it, the kernel takes over what is sent.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "http/metrics.hpp"
#include "kernel_tls.hpp"
#include "wire.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace sluice::serve {

class tls_wire final : public wire {
 public:
  /// Adds itself to `by_kernel` when the kernel encrypts for it.
  tls_wire(const stream& s, ssl_ctx_st& context, http::counter& by_kernel);
  ~tls_wire() override;

  /// False: the client did not want what we offer, or went.
  task<bool> handshake();

  task<result<std::size_t>> read(std::span<char> into) override;
  task<error> write(std::span<const char> bytes, next_write next) override;
  bool has_pending() noexcept override;
  bool may_be_passed() noexcept override;
  bool settled() noexcept override;
  task<void> say_end() override;

 private:
  static constexpr std::size_t record = 16 * 1024;  // most bytes in one of TLS's records

  task<error> feed();
  task<error> flush();
  task<error> write_plainly(std::span<const char> bytes, next_write next);
  bool has_to_speak() noexcept;

  ssl_st* ssl_;
  sending_keys keys_;
  http::counter& by_kernel_;
  bool kernel_encrypts_ = false;
};

/// The server's certificate and key. Members are for any thread.
class tls_context {
 public:
  /// With `by_kernel` its wires may be passed, where the kernel can encrypt for them. Throws
  /// std::runtime_error that says what is wrong with the files.
  tls_context(std::string certificate, std::string key, bool by_kernel);

  /// Reads both files again, for connections that come from then on; when they are wrong, says so and
  /// keeps the old ones.
  void reload() noexcept;
  /// Throws std::bad_alloc.
  std::unique_ptr<tls_wire> accept(const stream& s, http::counter& by_kernel);

 private:
  std::shared_ptr<ssl_ctx_st> load() const;

  const std::string certificate_, key_;
  const bool by_kernel_;
  std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> current_;
};

}  // namespace sluice::serve

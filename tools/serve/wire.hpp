// Bytes from and to a client, plain or encrypted.
#pragma once

#include <span>

#include "sluice/core/task.hpp"
#include "sluice/io/stream.hpp"

namespace sluice::serve {

class wire {
 public:
  explicit wire(const stream& s) noexcept : socket_(s) {}
  virtual ~wire() = default;
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  /// Completes with the bytes that came, at least one; 0 is the end.
  virtual task<result<std::size_t>> read(std::span<char> into) = 0;
  /// Completes when all has been handed to the system.
  virtual task<error> write(std::span<const char> bytes, next_write next = next_write::unknown) = 0;
  /// Whether a read has something to complete with already, whatever the socket has.
  virtual bool has_pending() noexcept { return false; }
  /// Whether what is written to the socket itself reaches the client as well, from now on.
  virtual bool may_be_passed() noexcept { return true; }
  /// Whether the system has let go of all that was written: the rest would be lost with the connection.
  virtual bool settled() noexcept { return true; }
  /// Says that nothing more will come.
  virtual task<void> say_end() = 0;

  /// The connection beneath, for what goes past this.
  const stream& socket() const noexcept { return socket_; }

 protected:
  const stream& socket_;
};

class plain_wire final : public wire {
 public:
  using wire::wire;
  task<result<std::size_t>> read(std::span<char> into) override;
  task<error> write(std::span<const char> bytes, next_write next) override;
  task<void> say_end() override;
};

}  // namespace sluice::serve

#include "wire.hpp"

namespace sluice::serve {

task<result<std::size_t>> plain_wire::read(std::span<char> into) {
  auto n = co_await socket_.read_some(std::as_writable_bytes(into));
  co_return n;
}

task<error> plain_wire::write(std::span<const char> bytes, next_write next) {
  auto sent = co_await socket_.write_all(std::as_bytes(bytes), next);
  if (!sent && !sent.first_error) co_return error(errc::broken_pipe);
  co_return sent.first_error;
}

task<void> plain_wire::say_end() {
  auto said = co_await socket_.shutdown(shutdown_side::writing);
  static_cast<void>(said);  // a client that is gone needs not be told
}

}  // namespace sluice::serve

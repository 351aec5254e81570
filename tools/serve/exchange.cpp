#include "exchange.hpp"

#include <cstring>

#include "clock.hpp"

namespace sluice::serve {

std::size_t exchange::put_head(http::response_head& answer) {
  answer.date = at.dates.text(now);
  answer.server = "sluice";
  // At the end, what has come is answered first.
  const bool leaves = (at.draining() || watch.leaves) && !followed;
  if (keep && (leaves || at.others_wait())) keep = false;
  answer.close = !keep;
  answer.tell_keep_alive = keep && !head.minor_version_1;
  status = answer.status;
  return http::write_head(out_room(), answer);
}

void exchange::extend() noexcept {
  watch.deadline.store(monotonic_now() + at.of.settings.send_seconds * one_second, std::memory_order_relaxed);
}

bool exchange::follow_progress() noexcept {
  if (!watch.taken_was_asked) watch.taken_at_first = acknowledged(watch.socket);
  watch.taken_was_asked = true;
  watch.taken.store(watch.taken_at_first.value_or(connection_watch::not_followed), std::memory_order_relaxed);
  return watch.taken_at_first.has_value();
}

task<void> exchange::send_front(std::size_t bytes, std::size_t body, next_write next) {
  extend();
  const auto front = out_room().first(bytes);
  const error e = co_await out.write(front, next);
  if (e) {
    broken = true;
  } else {
    body_sent += body;
  }
}

task<void> exchange::send_body(std::span<const char> bytes) {
  extend();
  const error e = co_await out.write(bytes);
  if (e) {
    broken = true;
  } else {
    body_sent += bytes.size();
  }
}

task<void> exchange::close_pipe() {
  [[maybe_unused]] const auto emptied = co_await pipe->reader.close();
  [[maybe_unused]] const auto closed = co_await pipe->writer.close();
}

task<void> answer_status(exchange& x, int status, http::response_head more) {
  char page[512];
  const std::size_t size = http::write_status_page(page, status);
  more.status = static_cast<std::uint16_t>(status);
  more.length = size;
  more.type = http::page_type;
  std::size_t bytes = x.put_head(more);
  if (bytes == 0) {
    more = http::response_head();
    more.status = 500;
    bytes = x.put_head(more);
  }
  std::size_t body = 0;
  if (!x.head_only() && more.length == size) {
    std::memcpy(x.room->out + bytes, page, size);
    body = size;
  }
  co_await x.send_front(bytes + body, body);
}

}  // namespace sluice::serve

// Streams' lines, and connections that came when there was no room for them.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "backend/native_backend.hpp"

namespace sluice::inline v0 {

/// What was accepted for nobody is not left to whoever has the descriptor next.
void native_backend::forget(int descriptor, stream_lines& lines) noexcept {
  lines.state = 0;
  close_parked(descriptor);
}

/// What waits for one stream goes one at a time in each direction: several would be woken in no order
/// that is promised.
void native_backend::stand_in_line(native_slot& s) noexcept {
  stream_lines* both = lines_for(s.op->id);
  if (both == nullptr) {
    return finished(s, system_id::descriptor(s.op->id) < 0 ? -EBADF : -ENOMEM);
  }
  stream_line& line = line_in(*both, *s.row);
  s.set(native_slot::in_line);
  if (line.first != nullptr) {
    s.at = native_slot::stage::behind;
    line.behind.push(s);
    return;
  }
  line.first = &s;
  await_readiness(s, true);
}

void native_backend::left_line(native_slot& s) noexcept {
  s.clear(native_slot::in_line);
  stream_line& line = line_in(lines_of(s), *s.row);
  if (line.first != &s) {  // cancelled, far behind
    line.behind.remove(s);
    return;
  }
  line.first = static_cast<native_slot*>(line.behind.pop());
  if (line.first == nullptr) return;
  line.first->at = native_slot::stage::queued;
  await_readiness(*line.first, false);
}

/// A ring of descriptors, of which the last is known. While there are any, the listener counts as busy,
/// so that whoever closes it comes here.
bool native_backend::park(handle_id listener, int connection) noexcept {
  const int descriptor = system_id::descriptor(listener);
  stream_lines* lines = lines_for(listener);
  if (lines == nullptr || !system_id::reserve_release(connection)) return false;
  auto& link = system_id::release_link(connection);
  if (lines->parked < 0) {
    link = connection;
    counted_.begun(descriptor);
  } else {
    link = system_id::release_link(lines->parked).exchange(connection);
  }
  lines->parked = connection;
  return true;
}

int native_backend::unpark(handle_id listener) noexcept {
  const int descriptor = system_id::descriptor(listener);
  stream_lines* lines = lines_for(listener);
  if (lines == nullptr || lines->parked < 0) return -1;
  auto& last = system_id::release_link(lines->parked);
  const int first = last;
  if (first == lines->parked) {
    lines->parked = -1;
    counted_.ended(descriptor);
  } else {
    last = system_id::release_link(first).load();
  }
  return first;
}

void native_backend::close_parked(int descriptor) noexcept {
  stream_lines* lines = lines_.find(descriptor);
  if (lines == nullptr || lines->parked < 0) return;
  const int last = std::exchange(lines->parked, -1);
  counted_.ended(descriptor);
  for (int fd = system_id::release_link(last);;) {
    const int next = system_id::release_link(fd);
    ::close(fd);
    if (fd == last) return;
    fd = next;
  }
}

}  // namespace sluice::inline v0

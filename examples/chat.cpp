// A chat: `chat 127.0.0.1:7777`, and then `nc 127.0.0.1 7777` as often as you like. What one says the
// room hands to all through a channel for each, so that one who is slow holds up nobody: a line that
// finds no room is lost to that one. Without arguments three members talk.
// Output: each of 3 heard 3 lines
#include <sluice/sluice.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

using sluice::stream;
using sluice::task;

constexpr std::size_t behind = 16;  // lines that a member may be behind
using lines = sluice::channel<std::string, behind>;

struct room {
  lines said;
  std::vector<lines*> members;
};

/// Lines, of at most 1 KiB, out of the pieces in which they come.
class line_reader {
 public:
  explicit line_reader(const stream& from) : from_(from) {}

  task<sluice::result<std::string>> next() {
    for (;;) {
      const std::size_t end = held_.find('\n');
      if (end != held_.npos) {
        std::string line = held_.substr(0, end);
        held_.erase(0, end + 1);
        co_return line;
      }
      if (held_.size() >= 1024) co_return std::unexpected(sluice::error(sluice::errc::too_large));
      char buffer[256];
      auto n = co_await from_.read_some(std::as_writable_bytes(std::span(buffer)));
      if (!n) co_return std::unexpected(n.error());
      if (*n == 0) co_return std::unexpected(sluice::error(sluice::errc::end_of_file));
      held_.append(buffer, *n);
    }
  }

 private:
  const stream& from_;
  std::string held_;
};

task<void> spread(room& all) {
  for (;;) {
    auto line = co_await all.said.receive();
    if (!line) co_return;
    for (lines* member : all.members) {
      if (member->size() == behind) continue;
      auto kept = co_await member->send(*line);  // at once: there is room
      if (!kept) continue;
    }
  }
}

task<void> write_lines(lines& from, const stream& to) {
  for (;;) {
    auto line = co_await from.receive();
    if (!line) co_return;
    *line += '\n';
    auto written = co_await to.write_all(std::as_bytes(std::span(*line)));
    if (!written) co_return;
  }
}

task<void> listen_to(const stream& peer, room& all) {
  line_reader reader(peer);
  for (;;) {
    auto reading = reader.next();
    auto line = co_await std::move(reading);
    if (!line) co_return;
    auto said = co_await all.said.send(std::move(*line));
    if (!said) co_return;
  }
}

task<void> member(stream peer, room& all) {
  lines for_us;
  all.members.push_back(&for_us);
  std::string news = "* " + std::to_string(all.members.size()) + " are here";
  auto told = co_await all.said.send(std::move(news));
  if (told) {
    auto until_gone = sluice::when_any(write_lines(for_us, peer), listen_to(peer, all));
    co_await std::move(until_gone);
  }
  std::erase(all.members, &for_us);
}

task<void> let_in(const sluice::listener& door, room& all) {
  auto here = co_await sluice::this_task();
  sluice::scope members(here);
  members.spawn(spread(all));
  for (;;) {
    auto peer = co_await door.accept();
    if (!peer) break;
    members.spawn(member(std::move(*peer), all));
  }
  co_await members.join();
}

/// One of the demonstration: says something when all are there, and counts what was said.
task<int> talk(sluice::address at, int heads) {
  auto peer = co_await sluice::network(sluice::system()).connect(at);
  if (!peer) co_return 0;
  line_reader reader(*peer);
  int heard = 0;
  while (heard < heads) {
    auto reading = reader.next();
    auto line = co_await std::move(reading);
    if (!line) break;
    if (*line == "* " + std::to_string(heads) + " are here") {
      const std::string words = "hello\n";
      auto sent = co_await peer->write_all(std::as_bytes(std::span(words)));
      if (!sent) break;
    }
    heard += *line == "hello";
  }
  co_return heard;
}

task<bool> three_talk(sluice::address at) {
  auto all = sluice::when_all(talk(at, 3), talk(at, 3), talk(at, 3));
  auto heard = co_await std::move(all);
  co_return heard == std::tuple(3, 3, 3);
}

int main(int argc, char** argv) {
  const auto at = sluice::address::parse(argc > 1 ? argv[1] : "127.0.0.1:0");
  if (!at) return 1;
  auto door = sluice::sync(sluice::network(sluice::system()).listen(*at));
  if (!door) return 1;
  sluice::loop loop;
  room all;
  if (argc > 1) return loop.run(let_in(*door, all)), 0;
  const auto self = sluice::sync(door->local_address());
  const auto ended = loop.run(sluice::when_any(let_in(*door, all), three_talk(*self)));
  const bool good = std::get<1>(ended.results);
  if (good) std::puts("each of 3 heard 3 lines");
  return good ? 0 : 1;
}

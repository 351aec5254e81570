#include "sluice/net/connect_to.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "sluice/core/channel.hpp"
#include "sluice/core/scope.hpp"
#include "sluice/io/ops.hpp"

namespace sluice::inline v0 {

namespace {

constexpr std::size_t most = 16;

struct event {
  std::size_t turn;
  bool failed;  // else the next address need not wait any longer
};

/// What the attempts have in common.
struct race {
  network net;
  const connect_options& how;
  time_point_ns limit;
  std::optional<stream> won{};
  error first_error{};
  channel<event, 2 * most + 1> news{};
};

task<void> attempt(race& r, address to, std::size_t turn) {
  auto connection = co_await r.net.connect(to, r.how.settings).before(r.limit);
  const bool failed = !connection;
  if (!failed && !r.won) r.won.emplace(std::move(*connection));
  if (failed && (turn == 0 || !r.first_error)) r.first_error = connection.error();
  const event e(turn, failed);
  const auto told = co_await r.news.send(e);
  static_cast<void>(told);
}

task<void> head_start(race& r, std::size_t turn) {
  call<ops::sleep> pause(r.net.in(), r.how.head_start);
  const auto slept = co_await pause;
  if (!slept) co_return;
  const event e(turn, false);
  const auto told = co_await r.news.send(e);
  static_cast<void>(told);
}

/// The system's order, but that the families take turns.
void interleave(std::span<address> all) noexcept {
  for (std::size_t i = 1; i < all.size(); ++i) {
    const auto other = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(i), all.end(),
                                    [&](const address& a) { return a.family() != all[i - 1].family(); });
    if (other == all.end()) return;
    std::rotate(all.begin() + static_cast<std::ptrdiff_t>(i), other, other + 1);
  }
}

/// Begins one after the other until one has won, or all have failed.
task<void> run(race& r, std::span<const address> all, scope& attempts) {
  std::size_t begun = 0;
  std::size_t failed = 0;
  bool next = true;
  while (!r.won && failed < all.size()) {
    if (next && begun < all.size()) {
      attempts.spawn(attempt(r, all[begun], begun));
      attempts.spawn(head_start(r, begun));
      ++begun;
    }
    const auto news = co_await r.news.receive();
    if (!news) co_return;
    if (news->failed) ++failed;
    next = news->failed || news->turn + 1 == begun;
  }
}

task<result<stream>> connect_before(time_point_ns limit, network net,
                                    std::span<const address> addresses, connect_options how) {
  std::array<address, most> all;
  const std::size_t count = std::min(addresses.size(), most);
  std::copy_n(addresses.begin(), count, all.begin());
  interleave(std::span(all).first(count));
  auto here = co_await this_task();
  race r(net, how, limit);
  scope attempts(here);
  auto running = run(r, std::span(all).first(count), attempts);
  co_await std::move(running);
  attempts.stop();
  co_await attempts.join();
  if (r.won) co_return std::move(*r.won);
  const bool stopped = here.stop != nullptr && here.stop->stop_requested();
  if (stopped) co_return std::unexpected(error(errc::canceled));
  if (here.home->now() >= limit) co_return std::unexpected(error(errc::timed_out));
  co_return std::unexpected(r.first_error ? r.first_error : error(errc::not_found));
}

/// When all of it has to be over.
time_point_ns limit_of(const connect_options& how, driver& home) noexcept {
  return how.within == never ? never : home.now() + how.within;
}

}  // namespace

task<result<stream>> connect_to_any(network net, std::span<const address> addresses,
                                    connect_options how) {
  auto here = co_await this_task();
  auto racing = connect_before(limit_of(how, *here.home), net, addresses, how);
  auto connection = co_await std::move(racing);
  co_return connection;
}

task<result<stream>> connect_to(network net, path_ref host, path_ref service,
                                connect_options how) {
  std::array<address, most> found;
  auto here = co_await this_task();
  const time_point_ns limit = limit_of(how, *here.home);
  const auto count = co_await net.resolve(host, service, found).before(limit);
  if (!count) co_return std::unexpected(count.error());
  auto racing = connect_before(limit, net, std::span(found).first(*count), how);
  auto connection = co_await std::move(racing);
  co_return connection;
}

}  // namespace sluice::inline v0

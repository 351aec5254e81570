#include "server.hpp"

#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <thread>

#include "bind.hpp"
#include "common/descriptor_table.hpp"
#include "descriptors.hpp"
#include "file_site.hpp"
#include "housekeeper.hpp"
#include "metrics_site.hpp"
#include "models.hpp"
#include "processes.hpp"
#include "sluice/describe.hpp"
#include "sluice/sync.hpp"

namespace sluice::serve {

namespace {

dir open_root(const std::string& path) {
  auto opened = sync(system().current_dir().open_dir(path));
  if (!opened) throw std::runtime_error(describe(opened.error(), "open", path));
  return std::move(*opened);
}


/// Numbers for Prometheus, by two threads of their own and apart from the clients' limits.
class metrics_server {
 public:
  metrics_server(const settings& s, const number_board& shown)
      : settings_(plain(s)),
        listening_(s.metrics_listen, false),
        board_(std::max<std::size_t>(workers, s.metrics_listen.size())),
        site_(shown),
        service_{settings_, site_, board_} {}

  const listening& at() const noexcept { return listening_; }
  void start() {
    running_ = start_threads(service_, listening_.all(), 0, board_.workers().size());
  }
  void end() {
    board_.common().draining = true;
    stop_listening(listening_.all());
    running_->join();
  }

 private:
  static constexpr std::size_t workers = 2;
  static settings plain(settings s) {
    s.clients = 64;
    s.drain_seconds = 1;
    return s;
  }

  settings settings_;
  listening listening_;
  number_board board_;
  metrics_site site_;
  service service_;
  std::unique_ptr<running> running_;
};

/// Until it is to end; a second request to end comes to those that are left.
void await_end(signal_stream& signals, common_numbers& common) {
  for (;;) {
    const auto next = sync(signals.next());
    if (next && next->number == SIGHUP) {
      common.generation.fetch_add(1);
    } else if (next) {
      return;
    }
  }
}

void announce(const char* what, const char* scheme, const listening& l) {
  for (const address& a : l.where())
    std::fprintf(stderr, "sluice serve: %s at %s%s\n", what, scheme, a.text().c_str());
}

void announce(const service& s, const listening& clients, const metrics_server* metrics) {
  announce("files", s.tls != nullptr ? "https://" : "http://", clients);
  if (metrics != nullptr) announce("metrics", "http://", metrics->at());
}

int serve_threads(const service& s, const listening& clients, metrics_server* metrics) {
  auto signals = system().signals({SIGTERM, SIGINT, SIGHUP});
  if (!signals) throw std::runtime_error(describe(signals.error(), "signals", ""));
  const housekeeper keeps(s);
  const bool blocks = s.settings.model == model::threads;
  if (metrics != nullptr) metrics->start();
  const auto workers = blocks ? start_threads(s, clients.all(), 0, s.board.workers().size())
                              : start_loops(s, clients.all());
  announce(s, clients, metrics);
  await_end(*signals, s.board.common());
  s.board.common().draining = true;
  stop_listening(clients.all());
  workers->join();
  if (metrics != nullptr) metrics->end();
  return 0;
}

}  // namespace

int serve_http(settings s) {
  ::signal(SIGPIPE, SIG_IGN);  // a client that went is an error of its connection
  tool::allow_descriptors(2 * std::size_t{s.clients});  // a connection takes one, and its file another
  const auto blocked = block_signals({SIGTERM, SIGINT, SIGHUP, SIGCHLD});
  if (!blocked) throw std::runtime_error(describe(blocked.error(), "block", "signals"));
  if (s.listen.empty()) s.listen.push_back(address::loopback(8080));
  const bool as_asked = s.workers > 0;
  if (!as_asked) s.workers = default_workers(s.model);
  const bool blocks = s.model == model::processes || s.model == model::threads;
  if (blocks) s.workers = std::max(s.workers, static_cast<unsigned>(s.listen.size()));

  const file_site site(s, open_root(s.root));
  std::optional<tls_context> tls;
  if (!s.certificate.empty()) tls.emplace(s.certificate, s.key, passes_tls(s));
  std::optional<access_log> log;
  if (!s.access_log.empty()) log.emplace(s.access_log);
  if (blocks) fit_workers(s, as_asked);
  const number_board board(s.workers);
  const service all{s, site, board, log ? &*log : nullptr, tls ? &*tls : nullptr};
  std::optional<metrics_server> metrics;
  if (!s.metrics_listen.empty()) metrics.emplace(s, board);
  const listening clients(s.listen, !blocks);

  metrics_server* const numbers = metrics ? &*metrics : nullptr;
  if (s.model != model::processes) return serve_threads(all, clients, numbers);
  announce(all, clients, numbers);
  const auto begin_metrics = [&] { metrics->start(); };
  return serve_processes(all, clients.all(), metrics ? std::function<void()>(begin_metrics) : nullptr);
}

}  // namespace sluice::serve

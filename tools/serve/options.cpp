#include "options.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "bind.hpp"
#include "kernel_tls.hpp"
#include "numbers.hpp"

namespace sluice::serve {

namespace {

template <class T>
struct word {
  const char* text;
  T means;
};
constexpr word<model> models[] = {{"processes", model::processes},
                                  {"threads", model::threads},
                                  {"epoll", model::epoll},
                                  {"uring", model::uring}};
constexpr word<copying> copies[] = {{"auto", copying::automatic}, {"rw", copying::rw},
                                    {"mmap", copying::mmap},      {"sendfile", copying::sendfile},
                                    {"splice", copying::splice},  {"zc", copying::zc}};

/// An option that is one of some words.
template <class T, std::size_t Count>
CLI::Option* add_choice(CLI::App& to, const char* name, T& into, const word<T> (&words)[Count],
                        const char* help) {
  const auto choose = [name, &into, &words](const std::string& text) {
    std::string possible;
    for (const word<T>& w : words) {
      if (text == w.text) {
        into = w.means;
        return;
      }
      possible += std::string(possible.empty() ? "" : ", ") + w.text;
    }
    throw CLI::ValidationError("'" + text + "' is nothing for " + name + ", which is one of " + possible);
  };
  return to.add_option_function<std::string>(name, choose, help);
}

std::vector<address> addresses(const std::vector<std::string>& texts) {
  std::vector<address> all;
  for (const std::string& t : texts) {
    const auto a = listen_address(t);
    if (!a) throw CLI::ValidationError("'" + t + "' is no address to listen at");
    all.push_back(*a);
  }
  if (all.size() > common_numbers::most_listeners) throw CLI::ValidationError("too many addresses");
  return all;
}

void check(const settings& s) {
  if (s.certificate.empty() != s.key.empty())
    throw CLI::ValidationError("--cert and --key belong together");
  if (!passes_tls(s)) return;
  if (s.copy == copying::zc)
    throw CLI::ValidationError("with --cert there is no --copy zc, since what is encrypted is a copy anyway: "
                               "there is auto and rw, and with the kernel's TLS mmap, sendfile and splice");
  if (!kernel_has_tls())
    throw CLI::ValidationError("with --cert only --copy auto and --copy rw are possible here: bytes have to "
                               "be encrypted first, and this kernel has no TLS of its own (its module tls)");
}

struct raw_texts {
  std::vector<std::string> listen, metrics;
};

std::string default_of(std::size_t n) { return "N (default: " + std::to_string(n) + ")"; }

void add_limits(CLI::App& http, settings& s) {
  constexpr const char* group = "Limits";
  http.add_option("--clients", s.clients, "connections at a time; more are answered 503")
      ->check(CLI::Range(1u, 10'000'000u))->option_text(default_of(s.clients))->group(group);
  http.add_option("--header-bytes", s.head_bytes, "of a request's head; more is answered 431")
      ->check(CLI::Range(512u, 49152u))->option_text(default_of(s.head_bytes))->group(group);
  http.add_option("--header-timeout", s.header_seconds, "seconds for a head, and a TLS handshake")
      ->check(CLI::Range(1u, 86400u))->option_text(default_of(s.header_seconds))->group(group);
  http.add_option("--idle-timeout", s.idle_seconds, "seconds between requests")
      ->check(CLI::Range(1u, 86400u))->option_text(default_of(s.idle_seconds))->group(group);
  http.add_option("--send-timeout", s.send_seconds, "seconds for each piece that a client takes")
      ->check(CLI::Range(1u, 86400u))->option_text(default_of(s.send_seconds))->group(group);
  http.add_option("--drain-timeout", s.drain_seconds, "seconds for what is under way at the end")
      ->check(CLI::Range(0u, 86400u))->option_text(default_of(s.drain_seconds))->group(group);
}

void add_options(CLI::App& http, settings& s, raw_texts& texts) {
  http.add_option("DIR", s.root, "the directory to serve")->required()->option_text(" ");
  http.add_option("--listen", texts.listen,
                  "PORT, ADDRESS:PORT, [ADDRESS6]:PORT or unix:PATH (default: 127.0.0.1:8080)")
      ->allow_extra_args(false)->option_text("ADDRESS ...");
  http.add_option("--metrics-listen", texts.metrics, "where /metrics is for Prometheus")
      ->allow_extra_args(false)->option_text("ADDRESS ...");
  http.add_flag("--list", s.list, "list directories without index.html");
  http.add_flag("--hidden", s.hidden, "serve names that begin with a dot");
  http.add_option("--access-log", s.access_log, "a line for each request; - is standard output")
      ->option_text("FILE");
  http.add_option("--cert", s.certificate,
                  "PEM file: serve TLS; --copy mmap, sendfile and splice then need the kernel's")
      ->option_text("FILE");
  http.add_option("--key", s.key, "PEM file with its key")->option_text("FILE");
  add_choice(http, "--model", s.model, models,
             "processes, threads, epoll or uring (default: uring where it is allowed, else epoll)")
      ->option_text("MODEL");
  add_choice(http, "--copy", s.copy, copies, "how files travel: auto, rw, mmap, sendfile, splice or zc")
      ->option_text("WAY");
  http.add_option("--workers", s.workers, "loops, threads or processes (default: by cores)")
      ->check(CLI::Range(1u, 4096u).description(""))->option_text("N");
  add_limits(http, s);
}

/// What there is instead of what these arguments ask for.
std::string no_server(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return "what to serve is missing: there is http";
  return "there is no '" + arguments.front() + "', only http";
}

}  // namespace

std::optional<settings> read_options(int argc, char** argv, int& status) {
  settings s;
  raw_texts texts;
  CLI::App app("Servers.", "sluice serve");
  app.require_subcommand(1);
  CLI::App& http = *app.add_subcommand("http", "Serve the files of a directory over HTTP/1.1.");
  http.footer("SIGTERM lets what is under way end; SIGHUP reads certificates and opens the log anew.\n\n"
              "Example:\n  sluice serve http --list --listen 8000 public");
  add_options(http, s, texts);
  try {
    app.parse(argc, argv);
    s.listen = addresses(texts.listen);
    s.metrics_listen = addresses(texts.metrics);
    check(s);
    return s;
  } catch (const CLI::Success& e) {
    status = app.exit(e);
  } catch (const CLI::Error& e) {
    const std::string why = app.get_subcommands().empty() ? no_server(app.remaining()) : e.what();
    std::cerr << "sluice serve: " << why << "\nTry 'sluice serve http --help' for more information.\n";
    status = 2;
  }
  return std::nullopt;
}

}  // namespace sluice::serve

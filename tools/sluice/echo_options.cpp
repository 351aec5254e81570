#include "echo_options.hpp"

#include <getopt.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "report.hpp"

namespace sluice::tool {

namespace {

enum : int { listen_at = 256, buffer_size, send_timeout, warmup, hold, histogram, json, help };

constexpr option long_options[] = {{"listen", required_argument, nullptr, listen_at},
                                   {"buffer-size", required_argument, nullptr, buffer_size},
                                   {"send-timeout", required_argument, nullptr, send_timeout},
                                   {"connections", required_argument, nullptr, 'c'},
                                   {"size", required_argument, nullptr, 's'},
                                   {"rate", required_argument, nullptr, 'r'},
                                   {"messages", required_argument, nullptr, 'n'},
                                   {"duration", required_argument, nullptr, 'd'},
                                   {"warmup", required_argument, nullptr, warmup},
                                   {"hold", required_argument, nullptr, hold},
                                   {"histogram", no_argument, nullptr, histogram},
                                   {"json", no_argument, nullptr, json},
                                   {"help", no_argument, nullptr, help},
                                   {nullptr, 0, nullptr, 0}};
constexpr char letters[] = "c:s:r:n:d:";

/// What an option may be: a whole number within bounds, or a time in seconds.
struct reader {
  bool good = true;

  void complain_of(const char* what, const char* text) {
    good = false;
    complain(program(), std::string("invalid ") + what + " " + quoted_argument(text));
  }
  template <class Number>
  void number(const char* what, std::uint64_t least, std::uint64_t most, Number& into) {
    std::uint64_t n = 0;
    const char* end = ::optarg + std::strlen(::optarg);
    const auto [stopped, bad] = std::from_chars(::optarg, end, n);
    if (bad != std::errc() || stopped != end || n < least || n > most) {
      return complain_of(what, ::optarg);
    }
    into = n;
  }
  void seconds(const char* what, time_point_ns& into) {
    double n = 0;
    const char* end = ::optarg + std::strlen(::optarg);
    const auto [stopped, bad] = std::from_chars(::optarg, end, n);
    if (bad != std::errc() || stopped != end || !(n >= 0 && n <= 1e6)) {
      return complain_of(what, ::optarg);
    }
    into = static_cast<time_point_ns>(std::llround(n * 1e9));
  }
  void place(const char* text, address& into) {
    const auto at = address::parse(text);
    if (!at) return complain_of("address", text);
    into = *at;
  }
};

/// False: it is an option of the other half.
bool take_own(int c, echo_options& into, reader& read) {
  constexpr std::uint64_t million = 1'000'000;
  if (into.serve) {
    switch (c) {
      case listen_at: read.place(::optarg, into.at); return true;
      case buffer_size: read.number("buffer size", 64, 16 * million, into.buffer_size); return true;
      case send_timeout: read.seconds("send timeout", into.send_timeout); return true;
      default: return false;
    }
  }
  switch (c) {
    case 'c': read.number("number of connections", 1, million, into.connections); return true;
    case 's': read.number("size", 1, 65536, into.size); return true;
    case 'r': read.number("rate", 1, 1000 * million, into.rate); return true;
    case 'n': read.number("number of messages", 1, million * million, into.messages); return true;
    case 'd': read.seconds("duration", into.duration); return true;
    case warmup: read.seconds("warm-up", into.warmup); return true;
    case histogram: return into.histogram = true;
    case hold: read.seconds("hold", into.hold); return true;
    default: return false;
  }
}

parsed wrong() {
  try_help("sluice echo");
  return parsed::wrong;
}

}  // namespace

parsed parse_echo_options(int argc, char** argv, echo_options& into) {
  const std::string half = argc > 1 ? argv[1] : "";
  if (half == "--help") {
    std::fputs(echo_help, stdout);
    return parsed::done;
  }
  into.serve = half == "serve";
  if (!into.serve && half != "load") {
    complain(program(), half.empty() ? "missing operand: serve or load"
                                     : "neither serve nor load: " + quoted(half));
    return wrong();
  }
  argv[1] = argv[0];  // getopt's messages begin with it
  --argc, ++argv;
  reader read;
  for (int c = 0; (c = ::getopt_long(argc, argv, letters, long_options, nullptr)) != -1;) {
    if (c == help) {
      std::fputs(echo_help, stdout);
      return parsed::done;
    }
    if (c == '?') return wrong();
    if (c == json) {
      into.json = true;
    } else if (!take_own(c, into, read)) {
      complain(program(), into.serve ? "an option of load, not of serve"
                                     : "an option of serve, not of load");
      return wrong();
    }
  }
  const int operands = argc - ::optind;
  if (operands > (into.serve ? 0 : 1)) {
    complain(program(), "extra operand " + quoted(argv[argc - 1]));
    return wrong();
  }
  if (operands == 1) read.place(argv[::optind], into.at);
  return read.good ? parsed::run : wrong();
}

}  // namespace sluice::tool

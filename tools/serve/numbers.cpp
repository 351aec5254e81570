#include "numbers.hpp"

#include <sys/mman.h>

#include <new>

#include "http/text_out.hpp"

namespace sluice::serve {

namespace {

constexpr std::size_t line = 128;  // two cache lines: neighbours are fetched in pairs

constexpr std::size_t rounded(std::size_t n) noexcept { return (n + line - 1) / line * line; }

std::uint64_t sum(const number_board& board, http::counter worker_numbers::*which) noexcept {
  std::uint64_t n = 0;
  for (const worker_numbers& w : board.workers()) n += (w.*which).value();
  return n;
}

struct plain_metric {
  const char* name;
  const char* type;
  const char* help;
  http::counter worker_numbers::*which;
};

constexpr plain_metric plain_metrics[] = {
    {"sluice_http_connections_total", "counter", "Connections that were accepted.",
     &worker_numbers::connections},
    {"sluice_http_connections_refused_total", "counter", "Connections over the limit of clients.",
     &worker_numbers::refused},
    {"sluice_http_connections_open", "gauge", "Connections at present.", &worker_numbers::open},
    {"sluice_http_timeouts_total", "counter", "Connections closed because their time was over.",
     &worker_numbers::timeouts},
    {"sluice_http_kernel_tls_total", "counter", "Connections whose answers the kernel encrypts.",
     &worker_numbers::kernel_tls},
    {"sluice_http_accept_failures_total", "counter", "Pauses in accepting, as without descriptors.",
     &worker_numbers::accept_failures},
    {"sluice_http_body_bytes_total", "counter", "Bytes of bodies that were sent.",
     &worker_numbers::bytes},
    {"sluice_http_responses_broken_total", "counter", "Answers that did not come to their end.",
     &worker_numbers::broken},
};

}  // namespace

number_board::number_board(std::size_t workers)
    : bytes_(rounded(sizeof(common_numbers)) + workers * sizeof(worker_numbers)),
      count_(workers),
      memory_(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
  if (memory_ == MAP_FAILED) throw std::bad_alloc();
  common_ = ::new (memory_) common_numbers;
  auto* first = static_cast<std::byte*>(memory_) + rounded(sizeof(common_numbers));
  workers_ = reinterpret_cast<worker_numbers*>(first);
  for (std::size_t i = 0; i < workers; ++i) ::new (static_cast<void*>(workers_ + i)) worker_numbers;
}

number_board::~number_board() { ::munmap(memory_, bytes_); }

void write_metrics(http::text_out& out, const number_board& board) {
  http::metrics_text text(out);
  for (const plain_metric& m : plain_metrics) {
    text.begin(m.name, m.type, m.help);
    text.value(sum(board, m.which));
  }
  text.begin("sluice_http_responses_total", "counter", "Answers by the class of their status.");
  constexpr const char* classes[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t c = 1; c < std::size(classes); ++c) {
    std::uint64_t n = 0;
    for (const worker_numbers& w : board.workers()) n += w.responses[c].value();
    text.value("class", classes[c], n);
  }
  http::merged_histogram all;
  for (const worker_numbers& w : board.workers()) all.add(w.seconds);
  text.begin("sluice_http_response_seconds", "histogram",
             "From the whole head of a request to the last byte handed to the system.");
  text.value(all);
}

}  // namespace sluice::serve

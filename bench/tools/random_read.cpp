// Random 4 KiB reads of one file, for comparing with others.
//
//   random_read FILE [--depth N] [--seconds N | --reads N] [--seed N] [--check]
//               [--buffered] [--registered] [--plain]
//
// Tells one line of JSON: reads, seconds, IOPS, processor time and kernel entries per read. The
// same seed and number of reads ask for the same blocks, whatever the order; --check adds up what
// is in them. --plain makes the same reads with pread(2), one after another.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "sluice/sluice.hpp"

namespace {

constexpr std::size_t block = 4096;

struct plan {
  const char* path = nullptr;
  unsigned depth = 32;
  double seconds = 0;
  std::uint64_t reads = UINT64_MAX;
  std::uint64_t seed = 1;
  bool check = false;
  bool buffered = false;
  bool registered = false;
  bool plain = false;
};

using steady = std::chrono::steady_clock;

/// What all readers share: which block is next, and what has been done.
struct progress {
  explicit progress(const plan& p, std::uint64_t size)
      : wanted(p), blocks(size / block), begun(steady::now()), end(begun + length(p)) {}
  static steady::duration length(const plan& p) {
    const double s = p.seconds > 0 ? p.seconds : 1e6;
    return std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(s));
  }

  bool over() {
    if (taken >= wanted.reads) return true;
    // The clock is looked at now and then: it is not what is measured.
    if (wanted.seconds > 0 && taken % 64 == 0 && steady::now() >= end) stopped = true;
    return stopped;
  }
  std::uint64_t next_offset() {
    return mix(wanted.seed * 0x9e3779b97f4a7c15u + ++taken) % blocks * block;
  }

  bool arrived(std::int64_t got, std::uint64_t offset, const std::byte* data) {
    if (got != static_cast<std::int64_t>(block)) {
      fmt::print(stderr, "random_read: a read at {} gave {}\n", offset, got);
      failed = stopped = true;
      return false;
    }
    ++done;
    if (wanted.check) checksum += sum(data) * (offset / block + 1);
    return true;
  }

  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  static std::uint64_t sum(const std::byte* data) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < block; i += sizeof total) {
      std::uint64_t word;
      std::memcpy(&word, data + i, sizeof word);
      total = total * 31 + word;
    }
    return total;
  }

  const plan& wanted;
  std::uint64_t blocks;
  steady::time_point begun, end;
  std::uint64_t taken = 0;
  std::uint64_t done = 0;
  std::uint64_t checksum = 0;
  bool stopped = false;
  bool failed = false;
};

sluice::task<void> read_blocks(const sluice::file& f, sluice::registered_span memory, progress& p) {
  while (!p.over()) {
    const std::uint64_t offset = p.next_offset();
    auto n = co_await f.read_at(memory, offset);
    if (!p.arrived(n ? static_cast<std::int64_t>(*n) : -n.error().code, offset,
                   memory.bytes.data())) {
      co_return;
    }
  }
}

sluice::task<void> read_side_by_side(const sluice::file& f,
                                     const std::vector<sluice::registered_span>& memory,
                                     progress& p) {
  auto here = co_await sluice::this_task();
  sluice::scope readers(here);
  for (const sluice::registered_span& m : memory)
    readers.spawn(read_blocks(f, m, p));
  co_await readers.join();
}

double processor_microseconds() {
  rusage u;
  ::getrusage(RUSAGE_SELF, &u);
  const auto in = [](timeval t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return in(u.ru_utime) + in(u.ru_stime);
}

struct outcome {
  std::uint64_t kernel_entries = 0;
  std::string with;
};

outcome with_sluice(const plan& wanted, const sluice::file& f, std::byte* memory, progress& p) {
  sluice::loop l;
  std::vector<std::span<std::byte>> plain;
  for (unsigned i = 0; i < wanted.depth; ++i)
    plain.emplace_back(memory + i * block, block);
  std::unique_ptr<sluice::registered_buffers> known;
  if (wanted.registered) known = std::make_unique<sluice::registered_buffers>(l, plain);
  std::vector<sluice::registered_span> buffers;
  for (unsigned i = 0; i < wanted.depth; ++i) {
    buffers.push_back(known ? (*known)[i] : sluice::registered_span{plain[i]});
  }
  l.run(read_side_by_side(f, buffers, p));
  return {l.statistics().kernel_entries, l.backend_report()};
}

outcome with_pread(const sluice::file& f, std::byte* memory, progress& p) {
  const int fd = sluice::system_space::descriptor(f);
  while (!p.over()) {
    const std::uint64_t offset = p.next_offset();
    const ssize_t n = ::pread(fd, memory, block, static_cast<off_t>(offset));
    if (!p.arrived(n, offset, memory)) break;
  }
  return {p.done, "pread"};
}

bool parse(int argc, char** argv, plan& p) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (word == "--check") {
      p.check = true;
    } else if (word == "--buffered") {
      p.buffered = true;
    } else if (word == "--registered") {
      p.registered = true;
    } else if (word == "--plain") {
      p.plain = true;
    } else if (!word.starts_with("--") && p.path == nullptr) {
      p.path = argv[i];
    } else if (value == nullptr) {
      return false;
    } else if (word == "--depth") {
      p.depth = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    } else if (word == "--seconds") {
      p.seconds = std::strtod(argv[++i], nullptr);
    } else if (word == "--reads") {
      p.reads = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--seed") {
      p.seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      return false;
    }
  }
  if (p.seconds <= 0 && p.reads == UINT64_MAX) p.seconds = 5;
  return p.path != nullptr && p.depth > 0;
}

}  // namespace

int main(int argc, char** argv) {
  plan wanted;
  if (!parse(argc, argv, wanted)) {
    fmt::print(stderr,
               "usage: random_read FILE [--depth N] [--seconds N | --reads N] [--seed N]\n"
               "                   [--check] [--buffered] [--registered] [--plain]\n");
    return 2;
  }
  const auto mode =
      sluice::open_mode::read | (wanted.buffered ? sluice::open_mode{} : sluice::open_mode::direct);
  auto f = sluice::sync(sluice::system().current_dir().open(wanted.path, mode));
  auto status = f ? sluice::sync(f->stat()) : std::unexpected(f.error());
  if (!status || status->size < block) {
    fmt::print(stderr, "random_read: cannot use {}\n", wanted.path);
    return 1;
  }
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(block, wanted.depth * block));
  if (memory == nullptr) return 1;
  std::memset(memory, 1, wanted.depth * block);

  const double processor = processor_microseconds();
  progress p(wanted, status->size);
  const outcome o = wanted.plain ? with_pread(*f, memory, p) : with_sluice(wanted, *f, memory, p);
  const double seconds = std::chrono::duration<double>(steady::now() - p.begun).count();
  const double cpu = processor_microseconds() - processor;
  const double reads = static_cast<double>(p.done);
  fmt::print(R"({{"reads": {}, "seconds": {:.6f}, "iops": {:.1f}, "cpu_us_per_read": {:.4f}, )"
             R"("kernel_entries_per_read": {:.5f}, "checksum": "{:016x}", "with": "{}"}})"
             "\n",
             p.done, seconds, reads / seconds, cpu / reads,
             static_cast<double>(o.kernel_entries) / reads, p.checksum, o.with);
  std::free(memory);
  return p.failed ? 1 : 0;
}

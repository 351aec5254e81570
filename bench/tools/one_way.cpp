// One job done in one way that is chosen by hand, and how long that took: what bench/ablation.py
// compares. The tools choose by measurement, and have no such switches.
#include <fcntl.h>
#include <fmt/core.h>
#include <liburing.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "sluice/fs/copy.hpp"
#include "sluice/fs/tree_size.hpp"
#include "sluice/sluice.hpp"

namespace {

using arguments = std::vector<std::string>;

void need(bool good, const std::string& what) {
  if (good) return;
  fmt::print(stderr, "one_way: {}\n", what);
  std::exit(1);
}

sluice::dir here() { return sluice::system().current_dir(); }

sluice::loop_options loop_for(const std::string& way) {
  sluice::loop_options o;
  if (way == "calls") o.ways = sluice::way_choice::calls;
  if (way == "ring" || way == "pool") o.ways = sluice::way_choice::overlapped;
  if (way == "ring") o.backend = sluice::backend_choice::uring;
  if (way == "pool") o.backend = sluice::backend_choice::pool;
  return o;
}

sluice::tree_limits limits_for(const std::string& way) {
  sluice::tree_limits limits = sluice::limits_for_trees();
  limits.crew.loop = loop_for(way);
  return limits;
}

class sizing final : public sluice::tree_size {
 public:
  sizing() : tree_size(sluice::size_options()) {}

 private:
  void failed(const std::string& path, sluice::walk_step, const sluice::error& why) override {
    need(false, path + ": " + sluice::describe(why));
  }
};

// size WAY TREE
void size(const arguments& a) {
  const sluice::tree_limits limits = limits_for(a[0]);
  sluice::crew workers(limits.crew);
  sizing s;
  const sluice::size_totals found = s.run(limits, workers, here(), std::span(&a[1], 1));
  need(found.entries > 0, "nothing there");
}

class strict final : public sluice::copy_listener {
 public:
  void failed(const sluice::copy_problem& p) override {
    need(false, p.source + ": " + sluice::describe(p.why));
  }
  void copying(const std::string&, const std::string&, const std::string&) override {}
  void removed(const std::string&) override {}
};

// copy WAY FROM TO
void copy(const arguments& a) {
  const sluice::tree_limits limits = limits_for(a[0]);
  sluice::crew workers(limits.crew);
  sluice::copy_options how;
  how.recursive = true;
  how.follow = sluice::follow_links::never;
  strict listener;
  const std::vector<sluice::copy_operand> operands = {{a[1], a[2]}};
  sluice::copy_trees(workers, here(), here(), operands, how, limits.open_directories, listener);
}

struct named {
  std::uint64_t inode;
  std::string name;
  auto operator<=>(const named&) const = default;
};

std::vector<named> names_of(sluice::dir& d, std::size_t buffer_bytes) {
  std::vector<std::byte> buffer(buffer_bytes);
  std::vector<named> names;
  sluice::dir_cursor cursor = d.entries();
  for (;;) {
    auto batch = sluice::sync(cursor.next(buffer));
    need(batch.has_value(), "cannot read the directory");
    if (batch->empty()) return names;
    for (sluice::dir_entry e : *batch) {
      if (!e.dot_or_dot_dot()) names.push_back({e.inode(), e.name().c_str()});
    }
  }
}

sluice::dir open_dir(const std::string& path) {
  auto d = sluice::sync(here().open_dir(path));
  need(d.has_value(), path);
  return std::move(*d);
}

// names BYTES DIRECTORY
void names(const arguments& a) {
  sluice::dir d = open_dir(a[1]);
  need(!names_of(d, std::stoull(a[0])).empty(), "nothing there");
}

// read inode|told DIRECTORY: every file in it, one after another
void read(const arguments& a) {
  sluice::dir d = open_dir(a[1]);
  std::vector<named> all = names_of(d, 64 << 10);
  if (a[0] == "inode") std::ranges::sort(all);
  std::vector<std::byte> buffer(64 << 10);
  for (const named& n : all) {
    auto f = sluice::sync(d.open(n.name, sluice::open_mode::read));
    need(f.has_value(), n.name);
    auto got = sluice::sync(f->read_at(std::span(buffer), 0));
    need(got.has_value(), n.name);
  }
}

sluice::task<void> read_one(sluice::dir& d, const std::string& name) {
  std::array<std::byte, 4096> buffer;
  auto f = co_await d.open(name, sluice::open_mode::read);
  need(f.has_value(), name);
  auto got = co_await f->read_at(std::span(buffer), 0);
  need(got.has_value() && *got > 0, name);
}

sluice::task<void> read_each(const std::vector<named>& all, std::size_t at_once, sluice::dir& d) {
  auto one = [&d](const named& n) { return read_one(d, n.name); };
  auto each = sluice::for_each_concurrent(all, at_once, one);
  co_await std::move(each);
}

// tasks WAY COUNT DIRECTORY: every file in it, by a task for each, so many of them at a time, on one thread
void tasks(const arguments& a) {
  sluice::dir d = open_dir(a[2]);
  const std::vector<named> all = names_of(d, 64 << 10);
  sluice::loop on(loop_for(a[0]));
  on.run(read_each(all, std::stoull(a[1]), d));
}

// bytes range|buffer|direct BLOCK FROM TO
void bytes(const arguments& a) {
  const bool direct = a[0] == "direct";
  const std::size_t block = std::stoull(a[1]);
  const auto past = direct ? sluice::open_mode::direct : sluice::open_mode{};
  auto from = sluice::sync(here().open(a[2], sluice::open_mode::read | past));
  auto to = sluice::sync(here().open(
      a[3], sluice::open_mode::write | sluice::open_mode::create | past, 0644));
  need(from && to, "cannot open the files");
  const std::unique_ptr<std::byte, decltype(&std::free)> memory(
      static_cast<std::byte*>(std::aligned_alloc(4096, block)), &std::free);
  for (std::uint64_t at = 0;;) {
    std::size_t moved = 0;
    if (a[0] == "range") {
      auto copied = sluice::sync(from->copy_range(at, *to, at, block));
      need(copied.has_value(), "copy_range");
      moved = *copied;
    } else {
      auto got = sluice::sync(from->read_at(std::span(memory.get(), block), at));
      need(got.has_value(), "read_at");
      moved = *got;
      auto put = sluice::sync(to->write_all_at(std::span(memory.get(), moved), at));
      need(!put.first_error, "write_all_at");
    }
    if (moved == 0) return;
    at += moved;
  }
}

// random enter|sqpoll DEPTH READS FILE: 4 KiB past the cache, so many at a time, on a bare ring
void random(const arguments& a) {
  constexpr unsigned block = 4096;
  const auto depth = static_cast<unsigned>(std::stoul(a[1]));
  const unsigned reads = static_cast<unsigned>(std::stoul(a[2])) / depth * depth;
  const int fd = ::open(a[3].c_str(), O_RDONLY | O_DIRECT);
  need(fd >= 0, a[3]);
  const std::uint64_t blocks = static_cast<std::uint64_t>(::lseek(fd, 0, SEEK_END)) / block;
  io_uring ring;
  io_uring_params p{};
  const bool polled = a[0] == "sqpoll";
  p.flags = polled ? IORING_SETUP_SQPOLL : IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  p.sq_thread_idle = 1000;
  need(io_uring_queue_init_params(256, &ring, &p) == 0, "this machine refuses io_uring");
  const std::unique_ptr<std::byte, decltype(&std::free)> memory(
      static_cast<std::byte*>(std::aligned_alloc(block, std::size_t{depth} * block)), &std::free);
  std::mt19937_64 any(1);
  unsigned begun = 0, ended = 0;
  const auto begin_one = [&](std::uint64_t slot) {
    io_uring_sqe* const e = io_uring_get_sqe(&ring);
    io_uring_prep_read(e, fd, memory.get() + slot * block, block, any() % blocks * block);
    e->user_data = slot;
    ++begun;
  };
  for (unsigned i = 0; i < depth; ++i) begin_one(i);
  while (ended < reads) {
    io_uring_submit_and_wait(&ring, 1);
    io_uring_cqe* c;
    while (io_uring_peek_cqe(&ring, &c) == 0) {
      need(c->res == static_cast<int>(block), "a read was short");
      const std::uint64_t slot = c->user_data;
      io_uring_cqe_seen(&ring, c);
      ++ended;
      if (begun < reads) begin_one(slot);
    }
  }
  io_uring_queue_exit(&ring);
}

}  // namespace

int main(int argc, char** argv) {
  struct job {
    void (*run)(const arguments&);
    std::size_t arguments;
  };
  const std::map<std::string, job> jobs = {{"size", {size, 2}},   {"copy", {copy, 3}},
                                           {"names", {names, 2}}, {"read", {read, 2}},
                                           {"tasks", {tasks, 3}}, {"bytes", {bytes, 4}},
                                           {"random", {random, 4}}};
  const auto found = argc > 1 ? jobs.find(argv[1]) : jobs.end();
  const arguments rest(argv + std::min(argc, 2), argv + argc);
  if (found == jobs.end() || found->second.arguments != rest.size()) {
    fmt::print(stderr, "usage: one_way size|copy calls|ring|pool|adaptive TREE [TO]\n"
                       "       one_way names BYTES DIRECTORY\n"
                       "       one_way read inode|told DIRECTORY\n"
                       "       one_way tasks calls|ring|pool|adaptive COUNT DIRECTORY\n"
                       "       one_way bytes range|buffer|direct BLOCK FROM TO\n"
                       "       one_way random enter|sqpoll DEPTH READS FILE\n");
    return 2;
  }
  const auto begun = std::chrono::steady_clock::now();
  found->second.run(rest);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  fmt::print("{:.6f}\n", took.count());
  return 0;
}

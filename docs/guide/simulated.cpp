// Chapter 13: a program in a machine that follows from a seed.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "sluice/sim/world.hpp"
#include "sluice/sluice.hpp"

namespace {

void expect(bool condition, const char* what) {
  if (condition) return;
  std::printf("not so: %s\n", what);
  std::exit(1);
}

constexpr auto create = sluice::open_mode::create | sluice::open_mode::write;

// What is tested: it replaces a file's content so that a reader finds the old or the new one.
sluice::task<sluice::result<void>> save(std::string text) {
  const sluice::dir here = sluice::system().current_dir();
  auto f = co_await here.open("settings", create | sluice::open_mode::truncate);
  if (!f) co_return std::unexpected(f.error());
  const auto written = co_await f->write_all_at(std::as_bytes(std::span(text)), 0);
  if (!written) co_return std::unexpected(written.first_error);
  const auto synced = co_await f->sync();
  if (!synced) co_return std::unexpected(synced.error());
  const auto closed = co_await f->close();
  co_return closed;
}

std::string content_of(const sluice::dir& root) {
  auto f = sluice::sync(root.open("settings", sluice::open_mode::read));
  if (!f) return "none";
  std::vector<std::byte> all;
  const auto read = sluice::sync(f->read_to_end(all));
  expect(read.end, "it can be read");
  return std::string(reinterpret_cast<const char*>(all.data()), all.size());
}

// Does it do what it says, whenever the machine fails?
unsigned count_broken() {
  unsigned broken = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    sluice::sim::world machine({.seed = seed});
    const auto first = machine.run(save("old"));
    expect(first.has_value(), "nothing is wrong yet");
    machine.crash_after(1 + seed % 5);
    const auto second = machine.run(save("new"));
    machine.crash();
    machine.recover();
    const std::string left = content_of(machine.root());
    expect(!second || left == "new", "what was reported as saved is there");
    if (left != "old" && left != "new") ++broken;
  }
  return broken;
}

void faults() {
  sluice::sim::world_options rough;
  rough.seed = sluice::sim::wanted_seed().value_or(4711);
  rough.faults.short_transfer = 500;  // of a thousand
  rough.faults.no_space = 500;
  sluice::sim::world machine(rough);
  for (int i = 0; i < 20; ++i) {
    const auto saved = machine.run(save("some text"));
    expect(saved || saved.error() == sluice::errc::no_space, "it tells what went wrong");
  }
}

}  // namespace

int main() {
  expect(count_broken() > 0, "truncating first is not safe, and some seeds show it");
  faults();
  std::printf("ok\n");
}

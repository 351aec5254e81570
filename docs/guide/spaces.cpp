// One function, three meanings of "directory".
#include <sluice/sluice.hpp>
#include <sluice/space/fragment.hpp>
#include <sluice/space/memory.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

using sluice::open_mode;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

// Knows nothing of what stands behind the handle.
sluice::task<sluice::result<std::size_t>> write_and_read(sluice::dir& in, sluice::path_ref name) {
  const auto fresh = open_mode::read_write | open_mode::create | open_mode::truncate;
  auto f = co_await in.open(name, fresh);
  if (!f) co_return std::unexpected(f.error());
  const std::string text(10'000, 'x');
  auto written = co_await f->write_all_at(std::as_bytes(std::span(text)), 0);
  if (!written) co_return std::unexpected(written.first_error);
  std::string back(text.size(), '\0');
  auto got = co_await f->read_exact_at(std::as_writable_bytes(std::span(back)), 0);
  if (!got || back != text) co_return std::unexpected(sluice::error(sluice::errc::io));
  auto gone = co_await in.unlink(name);
  if (!gone) co_return std::unexpected(gone.error());
  co_return got.done;
}

void on_this_machine(sluice::loop& loop) {
  sluice::dir here = sluice::system().current_dir();
  auto n = loop.run(write_and_read(here, "spaces.tmp"));
  expect(n && *n == 10'000, "a file of this machine");
}

void in_memory(sluice::loop& loop) {
  sluice::memory_options small;
  small.byte_limit = 64 * 1024;
  sluice::memory_space files(small);
  sluice::dir root = files.root();
  auto n = loop.run(write_and_read(root, "f"));
  expect(n && *n == 10'000, "a file in memory");
  auto linked = sluice::sync(root.symlink("f", "link"));
  expect(linked.has_value(), "a symbolic link");
  auto opened = sluice::sync(root.open("link", open_mode::read_write | open_mode::create));
  expect(opened && sluice::sync(root.stat("f")), "creating what it points to");
  auto much = sluice::sync(opened->allocate(sluice::allocate_mode::extend, 0, 1 << 20));
  expect(!much && much.error() == sluice::errc::no_space, "more than there may be");
}

// Every transfer is cut into pieces that are carried out in reverse order: a test of the program.
void in_pieces(sluice::loop& loop) {
  sluice::memory_space files;
  sluice::fragment_options cuts;
  cuts.pieces = 5;
  sluice::fragment_space cut(files, cuts);
  sluice::dir root = cut.attach(files.root());
  auto n = loop.run(write_and_read(root, "f"));
  expect(n && *n == 10'000, "the same bytes");
}

int main() {
  sluice::loop loop;
  on_this_machine(loop);
  in_memory(loop);
  in_pieces(loop);
}

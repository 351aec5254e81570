// The same verbs without a loop and without coroutines: every call blocks until it is done.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <cstdlib>
#include <string_view>

using sluice::open_mode;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

int main() {
  sluice::dir here = sluice::system().current_dir();

  auto file = sluice::sync(here.open("note", open_mode::read_write | open_mode::create));
  if (!file) {
    std::fprintf(stderr, "%s\n", sluice::describe(file.error(), "open", "note").c_str());
    return 1;
  }
  constexpr std::string_view text = "hello";
  auto written = sluice::sync(file->write_all_at(std::as_bytes(std::span(text)), 0));
  expect(written.whole(), "all five bytes were written");

  char back[16];
  auto got = sluice::sync(file->read_at(std::as_writable_bytes(std::span(back)), 0));
  expect(got && std::string_view(back, *got) == text, "they are read back");

  auto closed = sluice::sync(file->close());
  expect(closed.has_value(), "closing reports no late error");

  auto missing = sluice::sync(here.open("no such file", open_mode::read));
  expect(!missing && missing.error() == sluice::errc::not_found, "a missing file is not_found");
  std::printf("%s\n", sluice::describe(missing.error(), "open", "no such file").c_str());

  auto gone = sluice::sync(here.unlink("note"));
  expect(gone.has_value(), "the file is removed");
}

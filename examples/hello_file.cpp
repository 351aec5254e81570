// The first program: opens a file, reads it, prints it, and tells what went wrong if something did.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <string>

sluice::task<sluice::result<std::string>> read_whole(sluice::dir& from, sluice::path_ref name) {
  auto file = co_await from.open(name, sluice::open_mode::read);
  if (!file) co_return std::unexpected(file.error());
  std::string text(4096, '\0');
  const auto buffer = std::as_writable_bytes(std::span(text));
  auto got = co_await file->read_exact_at(buffer, 0);
  if (got.first_error) co_return std::unexpected(got.first_error);
  text.resize(got.done);
  auto closed = co_await file->close();
  if (!closed) co_return std::unexpected(closed.error());
  co_return text;
}

sluice::task<int> show(sluice::dir& here, const char* name) {
  auto reading = read_whole(here, name);
  auto text = co_await std::move(reading);
  if (!text) {
    std::printf("%s\n", sluice::describe(text.error(), "read", name).c_str());
    co_return 1;
  }
  std::printf("%s: %zu bytes\n", name, text->size());
  co_return 0;
}

int main(int argc, char** argv) {
  sluice::loop loop;
  sluice::dir here = sluice::system().current_dir();
  if (argc > 1) return loop.run(show(here, argv[1]));
  // Without an argument: what is surely there, and what surely is not.
  const int good = loop.run(show(here, "/etc/passwd"));
  const int bad = loop.run(show(here, "no such file"));
  return good == 0 && bad == 1 ? 0 : 1;
}

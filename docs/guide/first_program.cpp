// Counts the lines of a file, a block at a time.
#include <sluice/sluice.hpp>

#include <algorithm>
#include <cstdio>
#include <vector>

sluice::task<sluice::result<long>> count_lines(sluice::dir& in, sluice::path_ref name) {
  auto file = co_await in.open(name, sluice::open_mode::read);
  if (!file) co_return std::unexpected(file.error());
  std::vector<std::byte> block(64 * 1024);
  long lines = 0;
  for (std::uint64_t offset = 0;;) {
    auto n = co_await file->read_at(block, offset);
    if (!n) co_return std::unexpected(n.error());
    if (*n == 0) co_return lines;  // the end of the file is not an error
    lines += std::count(block.data(), block.data() + *n, std::byte{'\n'});
    offset += *n;
  }
}

int main(int argc, char** argv) {
  const char* name = argc > 1 ? argv[1] : "/etc/passwd";
  sluice::loop loop;  // on io_uring if the machine allows it
  sluice::dir here = sluice::system().current_dir();
  auto lines = loop.run(count_lines(here, name));
  if (!lines) {
    std::fprintf(stderr, "%s\n", sluice::describe(lines.error(), "read", name).c_str());
    return 1;
  }
  std::printf("%ld lines in %s\n", *lines, name);
}

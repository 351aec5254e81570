#include "conformance/helpers.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

namespace sluice::conformance {

bytes pattern(std::size_t size, unsigned seed) {
  bytes made(size);
  std::uint32_t x = seed * 2654435761u + 1;
  for (std::byte& b : made) {
    x = x * 1664525u + 1013904223u;
    b = static_cast<std::byte>(x >> 24);
  }
  return made;
}

task<result<file>> make_file(const dir& in, path_ref name, std::span<const std::byte> content) {
  auto opened = co_await in.open(name, create_new, 0644);
  if (!opened) co_return std::unexpected(opened.error());
  const auto written = co_await opened->write_all_at(content, 0);
  if (!written) co_return std::unexpected(written.first_error);
  co_return std::move(opened);
}

task<result<bytes>> content_of(const file& f) {
  bytes all;
  bytes part(70'000);
  for (;;) {
    const auto n = co_await f.read_at(part, all.size());
    if (!n) co_return std::unexpected(n.error());
    if (*n == 0) break;
    all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*n));
  }
  co_return std::move(all);
}

task<result<bytes>> content_of(const dir& in, path_ref name) {
  const auto opened = co_await in.open(name, open_mode::read);
  if (!opened) co_return std::unexpected(opened.error());
  auto all = co_await content_of(*opened);
  co_return std::move(all);
}

task<result<std::vector<std::string>>> names_in(const dir& in, path_ref name,
                                                std::size_t buffer_size) {
  auto opened = co_await in.open_dir(name);
  if (!opened) co_return std::unexpected(opened.error());
  std::vector<std::string> names;
  bytes buffer(buffer_size);
  auto cursor = opened->entries();
  for (;;) {
    const auto batch = co_await cursor.next(buffer);
    if (!batch) co_return std::unexpected(batch.error());
    if (batch->empty()) break;
    for (const dir_entry e : *batch) {
      if (!e.dot_or_dot_dot()) names.emplace_back(e.name().c_str());
    }
  }
  std::ranges::sort(names);
  co_return std::move(names);
}

task<void> one_byte_through_a_pipe(place& p) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  const auto sent = co_await ends->writer.write_some(as_bytes("x"));
  CHECK_GOOD(sent);
  bytes buffer(10);
  const auto got = co_await ends->reader.read_some(buffer);
  REQUIRE_GOOD(got);
  CHECK_SAME(*got, 1u);
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(open), end(open)));
}

std::size_t allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted) {
    const rlimit more{std::min<rlim_t>(wanted, limit.rlim_max), limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &more) == 0) limit = more;
  }
  return limit.rlim_cur;
}

}  // namespace sluice::conformance

// Copies that have holes wherever their source has zeros.
#include <algorithm>
#include <cstring>
#include <memory>

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::size_t buffer_size = 256 << 10;

bool all_zeros(std::span<const std::byte> bytes) noexcept {
  return bytes[0] == std::byte{} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// How many bytes from `at` on are of one kind, in whole blocks but for the last; `zeros` says of
/// which.
std::size_t run_of(std::span<const std::byte> bytes, std::size_t at, std::size_t block,
                   bool& zeros) noexcept {
  const auto block_at = [&](std::size_t from) {
    return bytes.subspan(from, std::min(block, bytes.size() - from));
  };
  zeros = all_zeros(block_at(at));
  std::size_t end = at;
  while (end < bytes.size() && all_zeros(block_at(end)) == zeros) {
    end += block_at(end).size();
  }
  return end - at;
}

/// The parts of a buffer that are not zeros. False: a problem was reported.
task<bool> write_runs(context& c, const item& i, const file& to, std::span<const std::byte> bytes,
                      std::uint64_t offset, std::size_t block) {
  for (std::size_t at = 0; at < bytes.size();) {
    bool zeros = false;
    const std::size_t size = run_of(bytes, at, block, zeros);
    if (!zeros) {
      auto put = co_await to.write_all_at(bytes.subspan(at, size), offset + at);
      if (!put) {
        auto failing = fail_to_write(c, i, copy_step::write_target, to, put.first_error);
        co_await std::move(failing);
        co_return false;
      }
    }
    at += size;
  }
  co_return true;
}

}  // namespace

task<bool> copy_without_zeros(context& c, const item& i, const file& from, const file& to,
                              std::uint64_t& copied) {
  auto target = co_await to.stat();
  const std::size_t block = target ? std::clamp<std::size_t>(target->block_size, 512, buffer_size)
                                   : 4096;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(buffer_size);
  for (;;) {
    if (c.stopping()) co_return false;
    const std::span<std::byte> room(buffer.get(), c.flow.piece(buffer_size));
    auto got = co_await from.read_at(room, copied);
    if (!got) {
      c.fail(i, copy_step::read_source, got.error());
      co_return false;
    }
    if (*got == 0) break;
    const std::span<const std::byte> bytes(buffer.get(), *got);
    auto writing = write_runs(c, i, to, bytes, copied, block);
    const bool written = co_await std::move(writing);
    if (!written) co_return false;
    copied += *got;
    if (c.flow.watched()) {
      auto passing = c.flow.passed(to.in(), *got);
      co_await std::move(passing);
    }
  }
  auto sized = co_await to.truncate(copied);
  if (!sized) c.fail(i, copy_step::set_size, sized.error());
  co_return sized.has_value();
}

}  // namespace sluice::inline v0::copying

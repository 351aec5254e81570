// A send that comes short because its memory ends, not because the network is full: nobody will say
// that there is room again, so the rest must be tried.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "sluice/net/network.hpp"
#include "unit/support.hpp"

namespace {

using namespace unit;

class ShortSend : public on_backend {};
ON_EVERY_BACKEND(ShortSend);

/// Memory of a file of which only the first half is there.
class cut_mapping {
 public:
  cut_mapping() {
    char name[] = "/tmp/sluice-cut-XXXXXX";
    const int fd = ::mkstemp(name);
    if (fd < 0) return;
    ::unlink(name);
    if (::ftruncate(fd, there) == 0) {
      at_ = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    }
    ::close(fd);
  }
  cut_mapping(const cut_mapping&) = delete;
  cut_mapping& operator=(const cut_mapping&) = delete;
  ~cut_mapping() {
    if (at_ != MAP_FAILED) ::munmap(at_, size);
  }
  static constexpr std::size_t there = 128 * 1024;  // several of the network's own buffers
  static constexpr std::size_t size = 2 * there;
  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(at_), at_ == MAP_FAILED ? 0 : size};
  }

 private:
  void* at_ = MAP_FAILED;
};

/// A byte comes for which the server had to wait, as each request of a client does.
void wait_once(loop& l, sluice::stream& client, sluice::stream& server) {
  std::byte into[1] = {};
  begun waiting(l, [](sluice::stream& from, std::span<std::byte> to) -> task<std::size_t> {
    const auto got = co_await from.read_some(to);
    co_return got.value_or(0);
  }(server, into));
  settle(l);
  const std::byte one[1] = {};
  ASSERT_TRUE(sluice::sync(client.write_all(one)));
  ASSERT_EQ(waiting.finish(l), 1u);
}

TEST_P(ShortSend, GoesOnToTheError) {
  const cut_mapping cut;
  ASSERT_FALSE(cut.bytes().empty());
  const sluice::network net{sluice::system()};
  auto listening = sluice::sync(net.listen(sluice::address::loopback(0))).value();
  const auto at = sluice::sync(listening.local_address()).value();
  auto client = sluice::sync(net.connect(at)).value();
  auto server = sluice::sync(listening.accept()).value();
  loop l(options());
  wait_once(l, client, server);

  const auto sent = l.run([](sluice::stream& to, auto bytes) -> task<sluice::transfer_result> {
    co_return co_await to.write_all(bytes).within(5'000 * ms);
  }(server, cut.bytes()));
  EXPECT_EQ(sent.first_error.code, EFAULT) << sluice::describe(sent.first_error);
  EXPECT_GT(sent.done, 0u);
  EXPECT_LE(sent.done, cut_mapping::there);
}

}  // namespace

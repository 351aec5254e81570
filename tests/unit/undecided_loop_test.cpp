// Loops that decide what carries out their operations when something first has to wait.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <thread>

#include "unit/support.hpp"

namespace {

using namespace unit;

/// From here on this thread gets no ring, as in many containers.
bool refuse_rings() {
  sock_filter filter[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_io_uring_setup},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{4, filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct noting_job : sluice::job {
  std::atomic<bool> ran = false;
  noting_job() {
    run = [](sluice::job& j) noexcept { static_cast<noting_job&>(j).ran = true; };
  }
};

/// Handles that were released: who is to close them is decided when the loop goes to sleep.
task<void> release_handles(std::atomic<bool>& released) {
  auto ends = make_pipe();
  released = true;
  co_return;
}

/// How many loops slept through what was posted while they decided.
int sleepers(unsigned rounds) {
  int slept = 0;
  for (unsigned round = 0; round < rounds && slept == 0; ++round) {
    loop l;
    noting_job posted;
    std::atomic<bool> released = false;
    std::thread other([&] {
      while (!released.load()) {
      }
      for (std::atomic<unsigned> wait = round % 100 * 200; wait != 0; --wait) {
      }
      l.post(posted);
    });
    l.run(release_handles(released));
    const auto deadline = l.now() + 2'000 * ms;
    while (!posted.ran && l.now() < deadline) l.run_once(deadline);
    if (l.now() >= deadline) ++slept;
    other.join();
  }
  return slept;
}

TEST(UndecidedLoop, HearsWhatIsPostedWhileItDecidesForARing) { EXPECT_EQ(sleepers(1000), 0); }

TEST(UndecidedLoop, HearsWhatIsPostedWhileItDecidesWithoutARing) {
  bool refused = false;
  int slept = 0;
  std::thread([&] {
    refused = refuse_rings();
    if (refused) slept = sleepers(1000);
  }).join();
  if (!refused) GTEST_SKIP() << "seccomp filters can't be installed here";
  EXPECT_EQ(slept, 0);
}

}  // namespace

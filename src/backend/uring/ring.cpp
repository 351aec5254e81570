#include "backend/uring/ring.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "loop/cores.hpp"

namespace sluice::inline v0 {

namespace {

struct attempt {
  unsigned flags;
  const char* name;
};

// Best first. Older kernels answer EINVAL to flags that they do not know.
constexpr attempt attempts[] = {
    {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
         IORING_SETUP_SUBMIT_ALL,
     "single issuer, deferred task work"},
    {IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
     "cooperative task work"},
    {0, "no flags"},
};

constexpr unsigned needed_features =
    IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_FAST_POLL | IORING_FEAT_EXT_ARG;

/// kernel.io_uring_disabled tells a policy from a seccomp filter.
std::string why_refused(int error) {
  switch (error) {
    case ENOSYS: return "the kernel has no io_uring, or a seccomp filter hides it";
    case EPERM: {
      int disabled = 0;
      if (std::FILE* f = std::fopen("/proc/sys/kernel/io_uring_disabled", "re")) {
        if (std::fscanf(f, "%d", &disabled) != 1) disabled = 0;
        std::fclose(f);
      }
      return disabled != 0 ? "io_uring is switched off by sysctl kernel.io_uring_disabled"
                           : "io_uring is refused, most likely by a seccomp filter (containers: "
                             "run with one that allows io_uring_setup)";
    }
    case ENOMEM: return "io_uring: not enough locked memory (ulimit -l)";
    case EMFILE:
    case ENFILE: return "io_uring: no file descriptor left (ulimit -n)";
    default: return std::string("io_uring: ") + std::strerror(error);
  }
}

}  // namespace

std::string ring::set_up(unsigned entries) {
  int error = EINVAL;
  for (const attempt& a : attempts) {
    io_uring_params params{};
    params.flags = a.flags | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_R_DISABLED;
    params.cq_entries = entries * 4;
    error = -io_uring_queue_init_params(entries, &raw, &params);
    if (error == EINVAL) continue;
    if (error != 0) return why_refused(error);
    open = true;
    unseen::ring_memory.acquire();
    defers_work = (a.flags & IORING_SETUP_DEFER_TASKRUN) != 0;
    flags = a.name;
    break;
  }
  if (!open) return why_refused(error);
  if ((raw.features & needed_features) != needed_features) {
    return "the kernel's io_uring is too old (5.13 or newer is needed)";
  }
  if (io_uring_probe* probe = io_uring_get_probe_ring(&raw)) {
    for (unsigned op = 0; op < supports.size(); ++op) {
      supports[op] = io_uring_opcode_supported(probe, static_cast<int>(op)) != 0;
    }
    io_uring_free_probe(probe);
  }
  io_uring_ring_dontfork(&raw);
  return {};
}

void ring::enable() noexcept {
  enabled = true;
  // liburing 2.3 declares io_uring_enable_rings and does not export it.
  ::syscall(__NR_io_uring_register, raw.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  // Best effort: one look-up less at each entry; not more blocking workers than the pool has. Both
  // are about the calling thread as much as about the ring.
  io_uring_register_ring_fd(&raw);
  unsigned workers[2] = {std::max(4u, 4 * usable_cores()), 0};
  io_uring_register_iowq_max_workers(&raw, workers);
}

/// Registered with no ring: the message needs none of the sender's, and how it went is known at once.
bool ring::send_message(std::uint64_t data) noexcept {
  if (!takes_messages_.load(std::memory_order_relaxed)) return false;
  constexpr unsigned register_send_msg_ring = 31;  // Linux 6.13; not in the headers of 6.1
  io_uring_sqe message{};
  io_uring_prep_msg_ring(&message, raw.ring_fd, 0, data, 0);
  if (::syscall(__NR_io_uring_register, -1, register_send_msg_ring, &message, 1) == 0) return true;
  // Not enabled yet, or no memory for it now: that passes.
  if (errno != EBADFD && errno != ENOMEM) takes_messages_.store(false, std::memory_order_relaxed);
  return false;
}

}  // namespace sluice::inline v0

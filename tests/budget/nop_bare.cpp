// The yardstick for instructions_test.py: a bare liburing loop that keeps 32 no-ops in flight.
// Usage: nop_bare <count>
#include <liburing.h>

#include <cstdint>
#include <cstdlib>

namespace {

constexpr unsigned depth = 32;

struct request {
  std::uint64_t done = 0;
};

void put(io_uring& ring, request& r) {
  io_uring_sqe* e = io_uring_get_sqe(&ring);
  io_uring_prep_nop(e);
  io_uring_sqe_set_data(e, &r);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  io_uring ring;
  io_uring_params p{};
  p.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  if (io_uring_queue_init_params(256, &ring, &p) != 0) return 77;
  request requests[depth];
  for (request& r : requests)
    put(ring, r);
  std::uint64_t done = 0;
  while (done < wanted) {
    if (io_uring_submit_and_wait(&ring, depth) < 0) return 1;
    unsigned head, seen = 0;
    io_uring_cqe* c;
    io_uring_for_each_cqe(&ring, head, c) {
      ++seen;
      if (c->res < 0) return 1;
      auto& r = *static_cast<request*>(io_uring_cqe_get_data(c));
      ++r.done;
      put(ring, r);
    }
    io_uring_cq_advance(&ring, seen);
    done += seen;
  }
  io_uring_queue_exit(&ring);
  return 0;
}

#pragma once

#include <vector>

#include "backend/native_backend.hpp"
#include "backend/unique_fd.hpp"
#include "backend/uring/ring.hpp"
#include "backend/uring/short_names.hpp"

namespace sluice::inline v0 {

/// Names of groups of buffers that are provided to the kernel.
class group_numbers {
 public:
  /// -1: there are too many.
  int take() noexcept {
    if (!free_.empty()) {
      const int last = free_.back();
      free_.pop_back();
      return last;
    }
    if (made_ == UINT16_MAX) return -1;
    return static_cast<int>(made_++);
  }
  /// Without memory for it the number is lost.
  void give_back(std::uint16_t n) noexcept {
    try {
      free_.push_back(n);
    } catch (...) {
    }
  }

 private:
  std::vector<std::uint16_t> free_;
  unsigned made_ = 0;
};

/// io_uring: what is submitted during a turn of the loop enters the kernel together, in the same
/// system call that waits. What the ring can't do goes to the pool.
class uring_backend final : public native_backend {
 public:
  /// Takes a ring that has been set up.
  uring_backend(loop& owner, const loop_options& options, std::unique_ptr<ring> r);
  /// The same, in place of another backend.
  uring_backend(native_backend& before, unique_fd event, std::unique_ptr<ring> r);
  ~uring_backend() override;

  /// What other threads wake the loop by; -1 when there is no descriptor for it.
  static unique_fd make_event() noexcept;

  void turn(time_point_ns until) noexcept override;
  void wake() noexcept override;
  int native_handle() noexcept override;
  std::string report() const override;

  bool register_buffers(std::span<const std::span<std::byte>> buffers) override;
  void unregister_buffers() noexcept override;

 private:
  // The low bits of user data say what a completion is about; slots are 8-aligned.
  enum tag : std::uint64_t {
    tag_operation = 0,
    tag_wake = 1,
    tag_ignored = 2,
    tag_message = 3,
    tag_mask = 7
  };

  /// Around what a turn does in the kernel, while anything is measured. What the loop's thread spends
  /// elsewhere while operations are under way is no cost of theirs: that is what they are overlapped for.
  class in_kernel {
   public:
    explicit in_kernel(uring_backend& b) noexcept
        : of_(b), begun_(b.measured_ != 0 && b.timing_ ? b.now() : 0) {}
    ~in_kernel() {
      if (begun_ != 0) [[unlikely]] of_.spent_ += of_.now() - begun_;
    }
    in_kernel(const in_kernel&) = delete;
    in_kernel& operator=(const in_kernel&) = delete;

   private:
    uring_backend& of_;
    time_point_ns begun_;
  };

  bool in_pool(const native_row& row) const noexcept override;
  void overlap(native_slot& s) noexcept override;
  void await_readiness(native_slot& s, bool fresh) noexcept override;
  void cancel_held(native_slot& s) noexcept override;
  void close_released() noexcept override;

  template <class Op>
  static void carry(backend& b, operation& op) noexcept;
  template <class Op>
  static void send(backend& b, operation& op) noexcept;
  void take_carriers() noexcept;

  /// A submission entry, where room has been taken. Neither SQE128 nor SQPOLL is in use, so it is no
  /// more than this.
  io_uring_sqe& next_entry() noexcept {
    io_uring_sq& sq = ring_->raw.sq;
    return sq.sqes[sq.sqe_tail++ & sq.ring_mask];
  }
  io_uring_sqe* entry() noexcept;
  void put_into_next_batch(native_slot& s) noexcept;
  void join_line(io_uring_sqe& e) noexcept;
  /// Of what ends in a turn: see `send` and `join_line`.
  static constexpr unsigned few = 8, crowd = 64, many = 512;
  bool sends_at_once() const noexcept { return ended_in_turn_ <= few || ended_in_turn_ > many; }
  bool is_crowded() const noexcept { return ended_in_turn_ > crowd; }
  void refused(native_slot& s, io_uring_sqe& e) noexcept;
  void make_room() noexcept;
  bool tell() noexcept;
  bool put(native_slot& s) noexcept;
  bool fill() noexcept;
  bool fill_once() noexcept;
  void enter(time_point_ns until) noexcept;
  unsigned reap() noexcept;
  void share_out(unsigned among) noexcept;
  void take_specially(native_slot& s, int result) noexcept;
  void answered(native_slot& s, std::int64_t result) noexcept;
  void wait_by_poll(native_slot& s) noexcept;
  void attempt(native_slot& s) noexcept;

  // items.cpp
  void take_item(native_slot& s, const io_uring_cqe& c) noexcept;
  void take_connection(native_slot& s, int result, bool more) noexcept;
  void take_received(native_slot& s, const io_uring_cqe& c) noexcept;
  void take_sent(native_slot& s, const io_uring_cqe& c) noexcept;
  void end_items(native_slot& s, int result) noexcept;
  void make_by_calls(native_slot& s) noexcept;
  void ask_for_the_end(native_slot& s) noexcept;
  bool take_parked(native_slot& s) noexcept;
  bool provide(native_slot& s, io_uring_sqe& e) noexcept;

  std::unique_ptr<ring> ring_;
  unique_fd event_;
  unique_fd notified_;  // signalled by the kernel; only for who waits in somebody else's loop
  std::uint64_t event_count_ = 0;
  bool wake_armed_ = false;
  bool buffers_registered_ = false;
  unsigned room_ = 0;   // entries until the queue, or this batch, is full
  unsigned ended_in_turn_ = 0;  // the last one
  unsigned told_ = 0;   // entries that the kernel was given since completions were last taken
  time_point_ns spent_ = 0;  // in the kernel since then, while anything is measured,
  bool timing_ = true;       // and that is timed: not always, where the clock is dear
  bool ended_ = false;  // something has, that the kernel did not tell of
  bool early_ = false;  // give them to it in small batches while tasks run
  short_names names_;
  group_numbers groups_;
  bool refuses_[256] = {};  // kinds of requests of which this kernel wants nothing in the form we use
  job_queue backlog_;  // operations that found the ring full
  job_queue cancels_;  // in the ring, to be cancelled
};

}  // namespace sluice::inline v0

// Backends that are wrong in time and order: the suite notices each in the case that is about it.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <string>
#include <thread>

#include "conformance/wrong/place.hpp"

namespace sluice::conformance {
namespace {

#define EXPECT_NOTICED(made, case_name)                                             \
  do {                                                                              \
    EXPECT_EQ(show(with_mistake_in_system(none, case_name)), "passed");             \
    EXPECT_EQ(show(with_mistake_in_system(made, case_name)), "FAILED") << case_name; \
  } while (false)

/// Where the mistake has to meet a moment, and a busy machine may let it pass: of some attempts.
bool noticed_sometimes(mistake made, const char* case_name) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    if (with_mistake_in_system(made, case_name).what == verdict::failed) return true;
  }
  return false;
}

/// Bytes that were read are thrown away when somebody asked to stop.
hooks cancels_what_was_read(space&) {
  hooks h;
  h.ended = [](operation& op, bool asked_to_stop) {
    if (op.kind == op_kind::read && asked_to_stop) op.failure = errc::canceled;
  };
  return h;
}

TEST(SuiteInTime, NoticesBytesThatACancelLoses) {
  EXPECT_EQ(show(with_mistake_in_system(none, "bytes_beat_the_request_to_stop")), "passed");
  EXPECT_TRUE(noticed_sometimes(cancels_what_was_read, "bytes_beat_the_request_to_stop"));
}

/// What was opened stays open when somebody asked to stop.
hooks leaks_what_was_opened(space&) {
  hooks h;
  h.ended = [n = 0](operation& op, bool) mutable {
    if (op.kind == op_kind::open && !op.failure && ++n % 3 == 0) op.failure = errc::canceled;
  };
  return h;
}

TEST(SuiteInTime, NoticesWhatACancelledOpenLeaks) {
  EXPECT_NOTICED(leaks_what_was_opened, "a_cancelled_open_leaks_nothing");
}

/// The first of each batch goes last.
hooks reordering(space& right, op_kind kind) {
  struct held : job {
    space* right;
    operation* first = nullptr;
  };
  auto h = std::make_shared<held>();
  h->right = &right;
  h->run = [](job& j) noexcept {
    auto& self = static_cast<held&>(j);
    self.right->submit(*std::exchange(self.first, nullptr));
  };
  hooks made;
  made.instead = [h, kind](operation& op) {
    if (op.kind != kind || h->first != nullptr) return false;
    h->first = &op;
    op.home->schedule(*h);
    return true;
  };
  return made;
}
hooks reorders_writes(space& right) { return reordering(right, op_kind::write); }
hooks reorders_reads(space& right) { return reordering(right, op_kind::read); }

TEST(SuiteInTime, NoticesWritesThatLeaveOutOfOrder) {
  EXPECT_NOTICED(reorders_writes, "writes_on_a_stream_leave_in_order");
  EXPECT_NOTICED(reorders_writes, "a_full_ring_keeps_the_order");
}

TEST(SuiteInTime, NoticesReadsThatFillOutOfOrder) {
  EXPECT_NOTICED(reorders_reads, "reads_on_a_stream_fill_in_order");
}

hooks never_reads(space&) {
  hooks h;
  h.instead = [](operation& op) { return op.kind == op_kind::read; };
  return h;
}
hooks hears_no_stop(space&) {
  hooks h;
  h.hands_on_stops = false;
  return h;
}

/// For the folders of places that stay in memory for good.
class temporary_files_elsewhere {
 public:
  temporary_files_elsewhere() { ::setenv("TMPDIR", here_.path().c_str(), 1); }
  ~temporary_files_elsewhere() { ::setenv("TMPDIR", before_.c_str(), 1); }

 private:
  const std::string before_ = std::filesystem::temp_directory_path().string();
  const scratch_folder here_;
};

/// These are told by the place's patience.
TEST(SuiteInTime, NoticesWhatNeverCompletes) {
  const temporary_files_elsewhere elsewhere;
  EXPECT_NOTICED(never_reads, "close_ends_what_is_in_flight");
  EXPECT_NOTICED(hears_no_stop, "a_stop_ends_a_read_that_waits");
  EXPECT_NOTICED(hears_no_stop, "a_deadline_ends_a_read_that_waits");
}

/// Wakes the loop of each read for nothing until it ends.
hooks wakes_for_nothing(space&) {
  struct disturber {
    std::deque<job> jobs = std::deque<job>(2'000);
    std::atomic<bool> over = false;
    std::thread thread;
    void disturb(driver& whom) {
      thread = std::thread([this, &whom] {
        for (job& j : jobs) {
          if (over) break;
          j.run = [](job&) noexcept {};
          whom.post(j);
          std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
      });
    }
    void end() {
      over = true;
      if (thread.joinable()) thread.join();
    }
    ~disturber() { end(); }
  };
  auto d = std::make_shared<disturber>();
  hooks h;
  h.instead = [d](operation& op) {
    if (op.kind == op_kind::read && !d->thread.joinable() && !d->over) d->disturb(*op.home);
    return false;
  };
  h.ended = [d](operation& op, bool) {
    if (op.kind == op_kind::read) d->end();
  };
  return h;
}

TEST(SuiteInTime, NoticesALoopThatIsWokenForNothing) {
  EXPECT_EQ(show(with_mistake_in_system(none, "a_waiting_loop_sleeps")), "passed");
  EXPECT_TRUE(noticed_sometimes(wakes_for_nothing, "a_waiting_loop_sleeps"));
}

/// Writes to the buffer of the first read a moment after its end.
hooks comes_too_late(space&) {
  struct late : job {
    std::byte* where = nullptr;
  };
  auto l = std::make_shared<late>();
  l->run = [](job& j) noexcept { *static_cast<late&>(j).where ^= std::byte{1}; };
  hooks h;
  h.ended = [l](operation& op, bool) {
    if (op.kind != op_kind::read_at || l->where != nullptr) return;
    l->where = static_cast<ops::read_at&>(op).buffer.data();
    op.home->schedule(*l);
  };
  return h;
}

TEST(SuiteInTime, NoticesWhoTouchesABufferAfterTheEnd) {
  EXPECT_NOTICED(comes_too_late, "nobody_touches_a_buffer_after_the_end");
}

hooks completes_twice(space&) {
  hooks h;
  h.ended = [](operation& op, bool) {
    if (op.kind == op_kind::read_at) op.complete();
  };
  return h;
}

/// Where there are assertions, those see it first.
TEST(SuiteInTimeDeathTest, NoticesWhatCompletesTwice) {
  constexpr const char* about = "each_completion_is_told_once";
#ifdef NDEBUG
  EXPECT_NOTICED(completes_twice, about);
#else
  EXPECT_EQ(show(with_mistake_in_system(none, about)), "passed");
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(with_mistake_in_system(completes_twice, about), "completed twice");
#endif
}

}  // namespace
}  // namespace sluice::conformance

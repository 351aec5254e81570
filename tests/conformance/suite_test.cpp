// The suite's own test: it passes what is right, fails what is wrong, and each case checks something.
#include <gtest/gtest.h>

#include "conformance/helpers.hpp"
#include "conformance/wrong_spaces.hpp"
#include "sluice/space/memory.hpp"

namespace sluice::conformance {
namespace {

mistake chosen;

struct spoiled_memory {
  memory_space space;
  wrong_space wrong{space, chosen};
};

void in_spoiled_memory(place& p) {
  auto both = std::make_shared<spoiled_memory>();
  dir root = both->space.root();
  p.root = dir(adopt, both->wrong, root.detach());
  for (const place_maker& other : own_places()) {
    if (other.name != "memory") continue;
    place right;
    other.make(right);
    p.lacks = right.lacks;
  }
  p.options = loop_options();
  p.keeps = both;
}

const place_maker spoiled{"spoiled", in_spoiled_memory, false};

/// How many checks of the case fail when this mistake is made.
std::size_t noticed(mistake m, const char* name) {
  chosen = m;
  report r;
  const test_case* c = find_case(name);
  if (c == nullptr) return 0;
  EXPECT_EQ(run_case(*c, spoiled, r), "");
  return r.findings().size();
}

void drop_the_tail(operation& op) noexcept {
  auto& read = static_cast<ops::read_at&>(op);
  if (read.value > 100) read.buffer[read.value - 1] = std::byte{0};
}
void end_with_an_error(operation& op) noexcept {
  if (static_cast<ops::read_at&>(op).value == 0) op.failure = errc::end_of_file;
}
void forget_the_last_byte(operation& op) noexcept {
  auto& read = static_cast<ops::read_at&>(op);
  if (read.value > 0) --read.value;
}
void claim_all(operation& op) noexcept {
  auto& read = static_cast<ops::read_at&>(op);
  read.value = read.buffer.size();
}
void call_it_cancelled(operation& op) noexcept {
  if (static_cast<ops::read_at&>(op).value > 0) op.failure = errc::canceled;
}
void succeed(operation& op) noexcept { op.failure = {}; }
void tell_another_size(operation& op) noexcept { ++static_cast<ops::stat&>(op).value.size; }
void lose_nanoseconds(operation& op) noexcept {
  static_cast<ops::stat&>(op).value.accessed.nanoseconds = 0;
}

TEST(Suite, NothingWrongIsNothingNoticed) {
  const mistake none{op_kind::read_at, [](operation&) noexcept {}};
  EXPECT_EQ(noticed(none, "read_gives_what_was_written"), 0u);
  EXPECT_EQ(noticed(none, "listing_five_thousand_entries"), 0u);
}

TEST(Suite, NoticesWrongReads) {
  EXPECT_GT(noticed({op_kind::read_at, drop_the_tail}, "read_gives_what_was_written"), 0u);
  EXPECT_GT(noticed({op_kind::read_at, end_with_an_error}, "the_end_is_zero_bytes_and_no_error"), 0u);
  EXPECT_GT(noticed({op_kind::read_at, forget_the_last_byte}, "a_read_over_the_end_is_short"), 0u);
  EXPECT_GT(noticed({op_kind::read_at, claim_all}, "read_exact_tells_how_far_it_came"), 0u);
  EXPECT_GT(noticed({op_kind::read_at, call_it_cancelled}, "a_stop_after_the_end_changes_nothing"), 0u);
}

TEST(Suite, NoticesWrongNames) {
  EXPECT_GT(noticed({op_kind::unlink, succeed}, "mkdir_and_rmdir"), 0u);
  EXPECT_GT(noticed({op_kind::mkdir, succeed}, "a_removed_directory_takes_no_names"), 0u);
  EXPECT_GT(noticed({op_kind::stat, tell_another_size}, "stat_tells_of_files_and_directories"), 0u);
  EXPECT_GT(noticed({op_kind::stat, lose_nanoseconds}, "times_have_nanoseconds"), 0u);
}

TEST(Suite, NoticesAnOperationThatIsNotRefused) {
  EXPECT_GT(noticed({op_kind::rename, succeed}, "rename_moves"), 0u);
}

task<void> checks_nothing(place&) { co_return; }

TEST(Suite, FailsACaseThatChecksNothing) {
  chosen = {op_kind::nop, succeed};
  const test_case idle{"idle", checks_nothing, {}, need::nothing};
  report r;
  EXPECT_EQ(run_case(idle, spoiled, r), "");
  EXPECT_EQ(r.findings().size(), 1u);
}

}  // namespace
}  // namespace sluice::conformance

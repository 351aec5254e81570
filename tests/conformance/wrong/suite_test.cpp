// The suite's own test: it passes what is right, fails results that are wrong, and each case checks
// something. What is wrong in time and order is in wrong_order_test.cpp.
#include <gtest/gtest.h>

#include "conformance/wrong/place.hpp"
#include "sluice/space/memory.hpp"

namespace sluice::conformance {
namespace {

/// The case fails with the mistake, and passes without.
#define EXPECT_NOTICED(made, case_name)                                             \
  do {                                                                              \
    EXPECT_EQ(show(with_mistake_in_memory(none, case_name)), "passed");             \
    EXPECT_EQ(show(with_mistake_in_memory(made, case_name)), "FAILED") << case_name; \
  } while (false)

hooks loses_a_byte(space&) {
  return spoiling<ops::read_at>([](auto& read) {
    if (read.value > 100) read.buffer[read.value - 1] ^= std::byte{1};
  });
}
hooks forgets_the_last_byte(space&) {
  return spoiling<ops::read_at>([](auto& read) {
    if (read.value > 0) --read.value;
  });
}
hooks claims_all(space&) {
  return spoiling<ops::read_at>([](auto& read) { read.value = read.buffer.size(); });
}
hooks ends_with_an_error(space&) {
  return spoiling<ops::read_at>([](auto& read) {
    if (read.value == 0) read.failure = errc::end_of_file;
  });
}
hooks calls_errors_the_end(space&) {
  return spoiling<ops::read_at>([](auto& read) {
    if (read.failure) read.value = 0;
    read.failure = {};
  });
}
hooks calls_reads_cancelled(space&) {
  return spoiling<ops::read_at>([](auto& read) {
    if (read.value > 0) read.failure = errc::canceled;
  });
}
hooks refuses_nothing_to_write(space&) {
  return spoiling<ops::write_at>([](auto& write) {
    if (write.buffer.empty()) write.failure = errc::invalid;
  });
}
/// What a ring's 32 bits make of a length.
hooks narrows_lengths(space&) {
  hooks h;
  h.instead = [](operation& op) {
    if (op.kind != op_kind::read_at) return false;
    auto& read = static_cast<ops::read_at&>(op);
    read.buffer = read.buffer.first(static_cast<std::uint32_t>(read.buffer.size()));
    return false;
  };
  return h;
}

TEST(Suite, NoticesWrongReads) {
  EXPECT_NOTICED(loses_a_byte, "read_gives_what_was_written");
  EXPECT_NOTICED(loses_a_byte, "files_equal_rel");
  EXPECT_NOTICED(forgets_the_last_byte, "a_read_over_the_end_is_short");
  EXPECT_NOTICED(claims_all, "read_exact_tells_how_far_it_came");
  EXPECT_NOTICED(claims_all, "split_oobe");
  EXPECT_NOTICED(calls_reads_cancelled, "a_stop_after_the_end_changes_nothing");
  EXPECT_NOTICED(narrows_lengths, "lengths_beyond_four_gib");
  EXPECT_NOTICED(refuses_nothing_to_write, "zero_bytes_of_a_file");
}

TEST(Suite, NoticesAnEndThatIsAnError) {
  EXPECT_NOTICED(ends_with_an_error, "the_end_is_zero_bytes_and_no_error");
  EXPECT_NOTICED(ends_with_an_error, "the_end_is_the_same_for_every_verb");
}

TEST(Suite, NoticesAnErrorThatIsAnEnd) {
  EXPECT_NOTICED(calls_errors_the_end, "read_exact_tells_how_far_it_came");
  EXPECT_NOTICED(calls_errors_the_end, "read_to_end_keeps_what_there_was_when_it_fails");
}

hooks unlinks_with_success(space&) {
  return spoiling<ops::unlink>([](auto& op) { op.failure = {}; });
}
hooks makes_directories_with_success(space&) {
  return spoiling<ops::mkdir>([](auto& op) { op.failure = {}; });
}
hooks waits_with_success(space&) {
  return spoiling<ops::wait_child>([](auto& op) { op.failure = {}; });
}
hooks tells_another_size(space&) {
  return spoiling<ops::stat>([](auto& op) { ++op.value.size; });
}
hooks loses_nanoseconds(space&) {
  return spoiling<ops::stat>([](auto& op) { op.value.accessed.nanoseconds = 0; });
}

TEST(Suite, NoticesWrongNamesAndAttributes) {
  EXPECT_NOTICED(unlinks_with_success, "mkdir_and_rmdir");
  EXPECT_NOTICED(makes_directories_with_success, "a_removed_directory_takes_no_names");
  EXPECT_NOTICED(tells_another_size, "stat_tells_of_files_and_directories");
  EXPECT_NOTICED(loses_nanoseconds, "times_have_nanoseconds");
}

TEST(Suite, NoticesAnOperationThatIsNotRefused) {
  const char* child = "a_child_ends";
  EXPECT_EQ(show(with_mistake_in_memory(none, child)), "refused: wait_child");
  EXPECT_EQ(show(with_mistake_in_memory(waits_with_success, child)), "FAILED");
}

/// Carries out the first half of each read in place; what becomes of the rest is the mistake.
template <void (*Rest)(transfer&, segment)>
hooks halving(space& right) {
  hooks h;
  h.piecewise = false;
  h.instead = [&right](operation& op) {
    if (op.kind != op_kind::read_segments) return false;
    auto& whole = static_cast<transfer&>(op);
    segment first = segment::whole_of(whole);
    segment rest = first.split_off(first.size() / 2);
    call<ops::read_at> reading(right, op.id, first.into(), first.offset());
    static_cast<void>(sluice::sync(reading));
    Rest(whole, std::move(rest));
    first.done();
    return true;
  };
  return h;
}

void drop(transfer&, segment dropped) { segment gone = std::move(dropped); }
void claim(transfer&, segment rest) { rest.done(); }
void tell_twice(transfer& of, segment rest) {
  call<ops::read_at> reading(*of.target, of.id, rest.into(), rest.offset());
  static_cast<void>(sluice::sync(reading));
  if (of.sink != nullptr) {
    of.sink->land(*of.sink, {of.tag, rest.begin(), rest.size(), rest.size(), {}});
  }
  rest.done();
}

TEST(Suite, NoticesLostSegments) {
  EXPECT_NOTICED(halving<drop>, "segments_make_up_a_read");
  EXPECT_NOTICED(halving<claim>, "segments_make_up_a_read");
  EXPECT_NOTICED(halving<tell_twice>, "segments_make_up_a_read");
}

void in_hooked_memory(place& p) {
  struct both {
    memory_space space;
    hooked_space hooked{space, {}};
  };
  auto made = std::make_shared<both>();
  p.root = made->hooked.attach(made->space.root());
  p.keeps = made;
}

void in_memory_that_names_nothing(place& p) {
  auto space = std::make_shared<memory_space>();
  p.root = space->root();
  p.keeps = space;
}

TEST(Suite, WantsWhatIsLackingNamed) {
  EXPECT_EQ(check_lacks({"filter", in_hooked_memory, false}).what, verdict::passed);
  const outcome unnamed = check_lacks({"unnamed", in_memory_that_names_nothing, false});
  EXPECT_EQ(unnamed.what, verdict::failed);
  EXPECT_GE(unnamed.findings.size(), 6u);
}

task<void> checks_nothing(place&) { co_return; }

TEST(Suite, FailsACaseThatChecksNothing) {
  const test_case idle{"idle", checks_nothing, {}, need::nothing};
  const outcome o = run_case(idle, {"hooked_memory", in_hooked_memory, false});
  EXPECT_EQ(o.what, verdict::failed);
  EXPECT_EQ(o.findings.size(), 1u);
}

}  // namespace
}  // namespace sluice::conformance

// Operations that are made of others: a transfer of several files' parts, a sync of all of them.
// For whoever writes a space whose files lie in others' files; see map.hpp for one that does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sluice/fs/ops.hpp"

namespace sluice::inline v0 {

namespace split {
class slab;
}

/// Who asks to be woken when a part can be had; see split_part::kind::wait. What it holds is
/// the plan's, from the operation's first part on; the pointers are null then.
struct split_waiter : job {
  split_waiter* next_waiter = nullptr;
  void* waits_for = nullptr;
};

/// What a plan is asked: where are these bytes? Of sync, truncate, stat, open and close it is asked
/// for members instead: `offset` is the number of the next, `size` how many are left.
struct split_question {
  operation& asked;             // its value, where it has one and moves no bytes, is the plan's
  std::uint64_t offset = 0;     // in the file
  std::size_t size = 0;
  std::span<std::byte> into;    // of a read: where the bytes are wanted
  unsigned parts = 0;           // of this operation, that were begun before
  split_waiter* waiter = nullptr;
};

/// The answer: something about the first `size` of what was asked for.
struct split_part {
  enum class kind : std::uint8_t {
    of_file,  // they lie in another file
    zeros,    // of a read: they are a hole
    ready,    // the plan has transferred them itself
    wait,     // ask again when the waiter has been woken
    end,      // the file ends here
    refused   // `why` this can't be done
  };
  kind what = kind::end;
  std::size_t size = 0;
  std::size_t exists = 0;         // of a read: what that file lacks of so many bytes are zeros
  space* in = nullptr;            // the other file
  handle_id id = 0;
  std::uint64_t offset = 0;       // there; of truncate: that member's size
  std::span<std::byte> through;   // of a read: memory of the plan's, to read into all of it instead
  void* token = nullptr;          // the plan's own
  error why;

  static split_part of(space& s, handle_id i, std::uint64_t at, std::size_t n) noexcept {
    split_part p;
    p.what = kind::of_file;
    p.in = &s;
    p.id = i;
    p.offset = at;
    p.size = n;
    return p;
  }
  static split_part plain(kind k, std::size_t n = 0) noexcept {
    split_part p;
    p.what = k;
    p.size = n;
    return p;
  }
  static split_part refuse(error e) noexcept {
    split_part p;
    p.what = kind::refused;
    p.why = e;
    return p;
  }
};

/// How a part went: so many of its bytes were transferred, and why the next was not.
struct split_outcome {
  std::size_t done = 0;
  error why;
};

/// What the parts of a space's operations are. Constants; all but `next` may be null. Called on the
/// thread of the operation's driver, and for several operations at once.
struct split_plan {
  split_part (*next)(space&, const split_question&) noexcept;
  /// How many members a sync, truncate, stat, open or close is about; null: one.
  std::size_t (*members)(space&, const operation&) noexcept = nullptr;
  /// An operation on another file has ended. With `through`, `went.done` tells of that memory, and
  /// the plan has to make it the bytes that were asked for; it is free to answer otherwise, too:
  /// with fewer bytes and no error it is asked for the others again.
  split_outcome (*landed)(space&, const split_question&, const split_part&, const operation& child,
                          split_outcome went) noexcept = nullptr;
  /// All parts have ended; the operation's result may be completed.
  void (*ended)(space&, operation&) noexcept = nullptr;
  /// The waiter is not to be woken any more. False: that has happened already.
  bool (*forget)(space&, split_waiter&) noexcept = nullptr;
  /// Nothing is in flight on the file any more: what is left of a close.
  void (*closed)(space&, operation& close) noexcept = nullptr;
  bool last_first = false;        // submit the last part first
};

struct split_options {
  unsigned slab = 64;             // parts under way at once, over all loops; at least 1
  unsigned parts = 16;            // of one operation under way at once; at least 1
};

/// Carries operations out by parts that are operations on other files, in whatever spaces, as many
/// at once as its slab allows. The slab has a fixed size and a mutex, since a space serves every
/// loop. An operation that finds it empty waits in line, or is errc::would_deadlock where all is in
/// use by loops that stand still until it is done, around `sync`. With one piece an operation's parts
/// come one after the other. Nothing is allocated for an operation.
///
/// A part that came short is gone on with until it is whole, at its end, or failed. read_at and
/// write_at give what came whole from the start, and an error only if nothing did. Parts of a
/// transfer are its segments; where nobody could be told of one more, they follow each other in one.
/// Cancelling an operation cancels its parts, and begins no more of them.
class splitter {
 public:
  /// Throws std::bad_alloc.
  splitter(space& of, const split_plan& plan, const split_options& options);
  ~splitter();
  splitter(const splitter&) = delete;
  splitter& operator=(const splitter&) = delete;

  // For the rows of the space's table.
  /// read_at, write_at, read_segments, write_segments, sync, truncate, stat, open; and close, which
  /// then closes the members: plan.closed may submit it here.
  void submit(operation& op) noexcept;
  /// Asks what is in flight on the same id to end, waits for that, and goes on with plan.closed.
  /// errc::would_deadlock where the loop of this very thread would have to turn first.
  void close(operation& op) noexcept;
  /// Of an operation that was submitted here; a close goes on.
  void cancel(operation& op) noexcept;

  /// The plan is asked again on behalf of one that waits. From any thread, once for each wait.
  static void wake(split_waiter& waiter) noexcept;

 private:
  std::unique_ptr<split::slab> slab_;
};

}  // namespace sluice::inline v0

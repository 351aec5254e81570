// A filter that makes things go wrong, as planned: to see what a program does then.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sluice/space/hop.hpp"

namespace sluice::inline v0 {

enum class fault_kind : std::uint8_t {
  fail,          // ends with `failure`, and is not carried out; but a close is, and then fails
  shorten,       // asks for about half of the bytes or slices, in whole sectors of 512 bytes where
                 // offset and size are such; reads, writes, copies
  delay,         // waits for `delay` before it goes on
  ignore_cancel  // once under way it can't be ended early: the request always loses the race
};

/// What happens to which operations. Those that it is about are counted, in the order submitted.
struct fault_rule {
  static constexpr op_kind every_kind = op_kind::count;  // but close and sleep: these must be named

  op_kind about = every_kind;
  fault_kind what = fault_kind::fail;
  error failure = errc::io;  // {EIO, system_domain}, say, for code that looks at the system's number
  time_point_ns delay = 0;

  std::uint64_t after = 0;           // so many are spared at first
  std::uint64_t every = 1;           // of those behind, the first and then each so-and-so-manieth
  double probability = 1;            // of these, so many by chance
  std::uint64_t at_most = UINT64_MAX;  // and of all, only so many
};

struct fault_options {
  std::span<const fault_rule> rules;  // copied; the first that hits an operation is what it suffers
  std::uint64_t seed = 1;             // of the chances
  unsigned slab = 256;                // operations that suffer at once, but for plain failures
};

/// Hands operations on to `inner`, but for those that a rule hits. The same rules, seed and order of
/// submissions give the same faults, on whatever space. Results stay true: what fails was not done,
/// what is short tells how far it came. Transfers of segments are carried out by reads and writes, and
/// suffer what these do.
///
/// An operation that is hit and finds no record waits for one in line; but what may wait for somebody
/// else, and closing, goes on unharmed, and is counted as missed.
class fault_space final : public hop_space {
 public:
  /// Throws std::bad_alloc.
  explicit fault_space(space& inner, const fault_options& options = {});
  ~fault_space();

  /// How many operations a rule has hit so far. Any thread.
  std::uint64_t hits(std::size_t rule) const noexcept;
  /// How many of all went on unharmed for want of a record. Any thread.
  std::uint64_t missed() const noexcept;

 private:
  struct record;
  struct rule_state;
  static const space_table rows;
  static void submit(space& s, operation& op) noexcept;
  static void submit_close(space& s, operation& op) noexcept;
  static void cancel(space& s, operation& op) noexcept;

  static constexpr std::uint32_t unharmed = UINT32_MAX;
  std::uint32_t choose(op_kind kind) noexcept;
  const fault_rule& rule_of(const hop_link& l) const noexcept;

  void begin(hop& h) noexcept override;
  void end(hop& h, bool at_once) noexcept override;

  std::unique_ptr<record[]> records_;
  std::unique_ptr<rule_state[]> rules_;
  std::size_t rule_count_;
  std::uint64_t random_;
  std::uint64_t missed_ = 0;
};

}  // namespace sluice::inline v0

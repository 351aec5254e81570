// Files in memory that take their time: transfers end in random order, come short, and fail where
// the test says so. Any number of files; an id is an index. One thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <random>
#include <vector>

#include "sluice/sluice.hpp"

namespace unit {

struct shaky_file {
  std::vector<std::byte> bytes;
  std::uint64_t bad_from = UINT64_MAX;  // reading and writing here is errc::io
  unsigned syncs = 0, closes = 0;
};

class shaky_space final : public sluice::space {
 public:
  explicit shaky_space(std::size_t count, unsigned seed = 1)
      : space(rows()), files(count), random(seed) {}

  std::vector<shaky_file> files;
  std::minstd_rand random;
  bool holds = false;     // until `let_go`
  bool whole = false;     // no short transfers
  bool swift = false;     // everything ends at once
  unsigned reads = 0, writes = 0, cancels = 0;
  std::size_t most_at_once = 0;
  std::vector<sluice::operation*> held;

  sluice::file handle(std::size_t i) { return sluice::file(sluice::adopt, *this, i); }

  void let_go() {
    holds = false;
    while (!held.empty()) end_one();
  }

 private:
  static shaky_space& self(sluice::space& s) { return static_cast<shaky_space&>(s); }

  static void take(sluice::space& s, sluice::operation& op) noexcept {
    shaky_space& me = self(s);
    (op.kind == sluice::op_kind::read_at ? me.reads : me.writes) += 1;
    if (me.swift) return me.perform(op);
    me.held.push_back(&op);
    me.most_at_once = std::max(me.most_at_once, me.held.size());
    if (me.holds || me.turning_) return;
    me.turning_ = true;
    me.turn_.me = &me;
    me.turn_.run = [](sluice::job& j) noexcept {
      shaky_space& its = *static_cast<turn&>(j).me;
      its.turning_ = false;
      if (its.held.empty() || its.holds) return;
      sluice::driver& home = *its.held.front()->home;
      its.end_one();
      if (its.held.empty()) return;
      its.turning_ = true;
      home.schedule(j);
    };
    op.home->schedule(me.turn_);
  }

  void end_one() {
    const std::size_t i = random() % held.size();
    sluice::operation& op = *held[i];
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    perform(op);
  }

  /// What can be transferred of this at once; fails when that is nothing, and should not be.
  template <class Op>
  std::size_t room(Op& op, std::uint64_t behind) {
    const shaky_file& f = files[op.id];
    if (op.offset >= f.bad_from && op.offset < behind) op.failure = sluice::errc::io;
    std::uint64_t end = std::min({op.offset + op.buffer.size(), f.bad_from, behind});
    if (op.offset >= end) return 0;
    std::size_t n = end - op.offset;
    if (!whole && n > 1 && random() % 3 == 0) n = 1 + random() % n;
    return n;
  }

  void perform(sluice::operation& base) {
    using namespace sluice;
    auto& bytes = files[base.id].bytes;
    if (base.kind == op_kind::read_at) {
      auto& op = static_cast<ops::read_at&>(base);
      op.value = room(op, bytes.size());
      if (op.value > 0) std::memcpy(op.buffer.data(), bytes.data() + op.offset, op.value);
    } else if (base.kind == op_kind::write_at) {
      auto& op = static_cast<ops::write_at&>(base);
      op.value = room(op, UINT64_MAX);
      if (op.value > 0 && bytes.size() < op.offset + op.value) bytes.resize(op.offset + op.value);
      if (op.value > 0) std::memcpy(bytes.data() + op.offset, op.buffer.data(), op.value);
    }
    base.complete();
  }

  static const sluice::space_table& rows() {
    using namespace sluice;
    static const space_table t = [] {
      space_table made{"shaky"};
      made[op_kind::read_at] = made[op_kind::write_at] = take;
      ops::carry_transfers_piecewise(made);
      made[op_kind::sync] = [](space& s, operation& op) noexcept {
        shaky_file& f = self(s).files[op.id];
        ++f.syncs;
        f.bad_from == 0 ? op.fail(errc::io) : op.complete();
      };
      made[op_kind::close] = [](space& s, operation& op) noexcept {
        ++self(s).files[op.id].closes;
        op.complete();
      };
      made[op_kind::truncate] = [](space& s, operation& op) noexcept {
        self(s).files[op.id].bytes.resize(static_cast<ops::truncate&>(op).size);
        op.complete();
      };
      made[op_kind::stat] = [](space& s, operation& op) noexcept {
        auto& asked = static_cast<ops::stat&>(op);
        asked.value = {};
        asked.value.have = stat_mask::size;
        asked.value.size = self(s).files[op.id].bytes.size();
        asked.value.allocated = 512;
        op.complete();
      };
      made.cancel = [](space& s, operation& op) noexcept {
        shaky_space& me = self(s);
        ++me.cancels;
        if (std::erase(me.held, &op) > 0) op.fail(errc::canceled);
      };
      return made;
    }();
    return t;
  }

  struct turn : sluice::job {
    shaky_space* me;
  } turn_;
  bool turning_ = false;
};

}  // namespace unit
